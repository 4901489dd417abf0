"""Executes a notebook in Jupyter: execute.py IN OUT FOLDER KERNELS. FOLDER is the working folder, KERNELS a folder with the kernel's specification."""

import os
import sys
from queue import Empty

source, target, folder, kernels = sys.argv[1:]
os.environ["JUPYTER_PATH"] = kernels  # read when jupyter_client is imported

import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbclient.exceptions import CellExecutionComplete  # noqa: E402

# Seconds without a message after which a cell has no more outputs.
SILENCE = 1


class PatientClient(NotebookClient):
    """Waits for late outputs: Deno's kernel may say that it is idle before it sends the last ones, where nbclient stops to listen."""

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        await super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        while True:
            try:
                message = await self.kc.iopub_channel.get_msg(timeout=SILENCE)
            except Empty:
                return
            if message["parent_header"].get("msg_id") == parent_msg_id:
                try:
                    self.process_message(message, cell, cell_index)
                except CellExecutionComplete:
                    pass


def report(cell, cell_index):
    print(f"cell {code.index(cell) + 1} of {len(code)}", file=sys.stderr, flush=True)


notebook = nbformat.read(source, as_version=4)
code = [cell for cell in notebook.cells if cell.cell_type == "code"]
client = PatientClient(
    notebook,
    kernel_name="deno",
    timeout=600,
    iopub_timeout=120,
    raise_on_iopub_timeout=True,
    resources={"metadata": {"path": folder}},
    on_cell_execute=report,
)
client.execute()
nbformat.write(notebook, target)
