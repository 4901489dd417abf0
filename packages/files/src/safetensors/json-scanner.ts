/** Deepest nesting, the limit of serde_json. A header needs four levels. */
const MAX_DEPTH = 128;

const MAX_U64 = 2n ** 64n - 1n;

/** Number of decimal digits of the largest u64. Longer numbers are refused before they are parsed. */
const MAX_U64_DIGITS = 20;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** The text is not the expected JSON; the message says where and why. */
export class JsonScanError extends Error {
  override readonly name = 'JsonScanError';

  constructor(
    readonly problem: string,
    /** Position in the text, in UTF-16 units. */
    readonly position: number,
  ) {
    super(`${problem} at character ${position}`);
  }
}

/**
 * Reads JSON (RFC 8259) piece by piece. The caller states the expected value at each position, so malicious text never becomes a
 * tree in memory.
 *
 * Stricter than `JSON.parse`: it refuses duplicate keys and lone surrogates, limits the nesting, and keeps all 64 bits of
 * integers.
 *
 * @example
 * ```ts
 * const scanner = new JsonScanner('{"size": 3}');
 * let size = 0n;
 * scanner.object((key) => {
 *   if (key === 'size') size = scanner.unsigned();
 *   else scanner.skip();
 * });
 * scanner.end();
 * ```
 */
export class JsonScanner {
  #position = 0;
  #depth = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Throws a {@link JsonScanError} for the current position. */
  fail(problem: string): never {
    throw new JsonScanError(problem, this.#position);
  }

  /** Reads an object; `visit` is called after each key and must read its value. */
  object(visit: (key: string) => void): void {
    this.#open('{', 'an object');
    const seen = new Set<string>();
    if (!this.#accept('}')) {
      do {
        const key = this.string();
        if (seen.has(key)) this.fail(`the key ${JSON.stringify(key.slice(0, 100))} comes twice`);
        seen.add(key);
        this.#expect(':');
        visit(key);
      } while (this.#accept(','));
      this.#expect('}');
    }
    this.#depth--;
  }

  /** Reads an array; `visit` is called before each element and must read it. */
  array(visit: () => void): void {
    this.#open('[', 'an array');
    if (!this.#accept(']')) {
      do visit();
      while (this.#accept(','));
      this.#expect(']');
    }
    this.#depth--;
  }

  /** Reads a string. */
  string(): string {
    this.#skipSpace();
    const text = this.#text;
    if (text[this.#position] !== '"') this.fail('a string is expected');
    let start = ++this.#position;
    let decoded = '';
    for (;;) {
      const code = text.charCodeAt(this.#position);
      if (code === 0x22) {
        const whole = decoded + text.slice(start, this.#position);
        this.#position++;
        return whole;
      }
      if (code === 0x5c) {
        decoded += text.slice(start, this.#position) + this.#escape();
        start = this.#position;
      } else if (code >= 0x20) {
        this.#position++;
      } else {
        this.fail(Number.isNaN(code) ? 'a string does not end' : 'a string holds a raw control character');
      }
    }
  }

  /** Reads an integer from 0 to 2^64 - 1, written without sign, point or exponent. */
  unsigned(): bigint {
    this.#skipSpace();
    const start = this.#position;
    this.#digits();
    const literal = this.#text.slice(start, Math.min(this.#position, start + MAX_U64_DIGITS + 1));
    if (literal === '' || /[.eE]/.test(this.#text[this.#position] ?? '')) {
      this.fail('a whole number is expected');
    }
    if (literal.length > 1 && literal[0] === '0') this.fail('a number begins with a needless 0');
    const value = literal.length > MAX_U64_DIGITS ? MAX_U64 + 1n : BigInt(literal);
    if (value > MAX_U64) this.fail('a number is above 2^64 - 1');
    return value;
  }

  /** Skips a value of any kind. */
  skip(): void {
    const start = this.#peek();
    if (start === '{') this.object(() => this.skip());
    else if (start === '[') this.array(() => this.skip());
    else if (start === '"') this.string();
    else if (start === 't') this.#word('true');
    else if (start === 'f') this.#word('false');
    else if (start === 'n') this.#word('null');
    else this.#number();
  }

  /** Checks that only white space follows. */
  end(): void {
    this.#skipSpace();
    if (this.#position < this.#text.length) this.fail('something follows the JSON text');
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#position++;
    }
  }

  #peek(): string | undefined {
    this.#skipSpace();
    return this.#text[this.#position];
  }

  #accept(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.fail(`${character} is expected`);
  }

  #open(character: string, what: string): void {
    if (!this.#accept(character)) this.fail(`${what} is expected`);
    if (++this.#depth > MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} levels are nested`);
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#position)) this.fail('a value is expected');
    this.#position += word.length;
  }

  #digits(): number {
    const start = this.#position;
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (!(code >= 0x30 && code <= 0x39)) return this.#position - start;
      this.#position++;
    }
  }

  #number(): void {
    if (this.#text[this.#position] === '-') this.#position++;
    const leadingZero = this.#text[this.#position] === '0';
    const whole = this.#digits();
    if (whole === 0) this.fail('a value is expected');
    if (leadingZero && whole > 1) this.fail('a number begins with a needless 0');
    if (this.#text[this.#position] === '.') {
      this.#position++;
      if (this.#digits() === 0) this.fail('a digit is expected');
    }
    if (/[eE]/.test(this.#text[this.#position] ?? '')) {
      this.#position++;
      if (/[+-]/.test(this.#text[this.#position] ?? '')) this.#position++;
      if (this.#digits() === 0) this.fail('a digit is expected');
    }
  }

  #escape(): string {
    const letter = this.#text[this.#position + 1] ?? '';
    if (letter !== 'u') {
      const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : this.fail('an unknown escape');
      this.#position += 2;
      return character;
    }
    const unit = this.#codeUnit();
    if (unit >= 0xdc00 && unit <= 0xdfff) this.fail('half of a surrogate pair stands alone');
    if (unit < 0xd800 || unit > 0xdbff) return String.fromCharCode(unit);
    if (!this.#text.startsWith('\\u', this.#position)) this.fail('half of a surrogate pair stands alone');
    const low = this.#codeUnit();
    if (low < 0xdc00 || low > 0xdfff) this.fail('half of a surrogate pair stands alone');
    return String.fromCharCode(unit, low);
  }

  #codeUnit(): number {
    const digits = this.#text.slice(this.#position + 2, this.#position + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('four hexadecimal digits are expected');
    this.#position += 6;
    return Number.parseInt(digits, 16);
  }
}
