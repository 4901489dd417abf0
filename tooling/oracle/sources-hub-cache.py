"""Reference values for packages/sources: where huggingface_hub keeps models, for what environment, and in which layout.

    python tooling/oracle/sources-hub-cache.py > packages/sources/test/fixtures/hub-cache.json

Needs huggingface_hub. The layout is that of snapshot_download from a server on loopback, which is part of this script.
"""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HOME = "/home/student"
ENVIRONMENTS = [
    {},
    {"XDG_CACHE_HOME": "/caches"},
    {"XDG_CACHE_HOME": "~/caches"},
    {"HF_HOME": "/hf", "XDG_CACHE_HOME": "/caches"},
    {"HF_HOME": "~/hf"},
    {"HF_HOME": "$STORE/hf", "STORE": "/disk"},
    {"HF_HOME": "${STORE}/hf", "STORE": "/disk"},
    {"HF_HOME": "/x$MISSING/${ALSO_MISSING}"},
    {"HUGGINGFACE_HUB_CACHE": "/old", "HF_HOME": "/hf"},
    {"HF_HUB_CACHE": "/new", "HUGGINGFACE_HUB_CACHE": "/old"},
    {"HF_HUB_CACHE": "~/hub"},
    {"HF_TOKEN_PATH": "~/token", "HF_HOME": "/hf"},
    {"HF_ENDPOINT": "https://mirror.example/"},
    {"HF_ENDPOINT": "https://mirror.example/hf//"},
    {"HF_HUB_OFFLINE": "1"},
    {"HF_HUB_OFFLINE": "true"},
    {"HF_HUB_OFFLINE": "On"},
    {"HF_HUB_OFFLINE": "2"},
    {"HF_HUB_OFFLINE": "0"},
    {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"},
    {"HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "yes"},
]
TOKENS = [
    {},
    {"HF_TOKEN": "hf_a"},
    {"HF_TOKEN": " hf_a\n"},
    {"HUGGING_FACE_HUB_TOKEN": "hf_b"},
    {"HF_TOKEN": "", "HUGGING_FACE_HUB_TOKEN": "hf_b"},
    {"HF_TOKEN": "hf_a", "HUGGING_FACE_HUB_TOKEN": "hf_b"},
    {"FILE": "hf_c\n"},
    {"FILE": "hf_c", "HF_TOKEN": "hf_a"},
    {"FILE": "\n"},
]
NAMES = ["ProsusAI/finbert", "bert-base-uncased", "a.b/c_d-e.f"]
IDS = NAMES + ["", ".", "..", "../x", "/a/b", "a/b/c", "a//b", "-a/b", "a/b-", "a/.b", "a/b.git", "a--b", "a..b", "a b", "a" * 96, "a" * 97]

CONSTANTS = """
import json
from huggingface_hub import constants as c
print(json.dumps({"cacheDir": c.HF_HUB_CACHE, "tokenPath": c.HF_TOKEN_PATH, "endpoint": c.ENDPOINT, "offline": c.HF_HUB_OFFLINE}))
"""


def python(code, env):
    base = {"PATH": os.environ["PATH"], "HOME": HOME, "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run([sys.executable, "-c", code], env={**base, **env}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def token(env):
    with tempfile.TemporaryDirectory() as home:
        env = dict(env)
        if "FILE" in env:
            Path(home, "token").write_text(env.pop("FILE"))
        code = "import json, huggingface_hub; print(json.dumps(huggingface_hub.get_token()))"
        return python(code, {**env, "HF_HOME": home})


def is_name(text):
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(text)
        return True
    except HFValidationError:
        return False


# Layout

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {"config.json": (b'{"model_type": "bert"}', False), "model.safetensors": (b"\x00" * 100, True)}


def git_id(content):
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


class Hub(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith("/api/models/org/model/revision/"):
            return self.answer(json.dumps({"id": "org/model", "sha": COMMIT, "siblings": [{"rfilename": n} for n in FILES]}).encode())
        if path.startswith(f"/api/models/org/model/tree/{COMMIT}"):
            return self.answer(json.dumps([self.entry(n) for n in FILES]).encode())
        content, large = FILES[path.rsplit("/", 1)[1]]
        etag = hashlib.sha256(content).hexdigest() if large else git_id(content)
        self.answer(content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})

    def entry(self, name):
        content, large = FILES[name]
        lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 100}
        return {"type": "file", "path": name, "size": len(content), "oid": git_id(content), **({"lfs": lfs} if large else {})}

    def answer(self, content, headers={}):
        self.send_response(200)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


def layout():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as cache:
        code = "import json, huggingface_hub; huggingface_hub.snapshot_download('org/model'); print('null')"
        python(code, {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_CACHE": cache, "HF_HUB_DISABLE_XET": "1"})
        root = Path(cache, "models--org--model")
        found = sorted(p for p in root.rglob("*") if p.is_symlink() or p.is_file())
        kept = [p for p in found if p.relative_to(root).parts[0] in ("blobs", "refs", "snapshots")]
        return [{"path": str(p.relative_to(cache)), **({"link": os.readlink(p)} if p.is_symlink() else {"text": p.read_bytes().decode()})} for p in kept]


import huggingface_hub
from huggingface_hub.file_download import repo_folder_name

json.dump(
    {
        "generator": f"huggingface_hub {huggingface_hub.__version__}",
        "home": HOME,
        "environments": [{"env": env, **python(CONSTANTS, env)} for env in ENVIRONMENTS],
        "tokens": [{"env": env, "token": token(env)} for env in TOKENS],
        "folders": {name: repo_folder_name(repo_id=name, repo_type="model") for name in NAMES},
        "ids": {name: is_name(name) for name in IDS},
        "commit": COMMIT,
        "files": {name: {"text": content.decode(), "large": large} for name, (content, large) in FILES.items()},
        "layout": layout(),
    },
    sys.stdout,
    indent=1,
)
print()
