import type { Command } from 'commander';

/** Values of the options that decide whether a command can be a job. */
export interface ParsedFlags {
  readonly run?: string;
  readonly overwrite?: boolean;
  readonly resume?: unknown;
  readonly warmUp?: string;
}

/**
 * Checks the words of a command as the command itself does, without running it.
 *
 * @returns the values of its options
 * @throws {CommanderError} when the command would refuse the words, or prints its help
 */
export async function parseOnly(command: Command, words: readonly string[]): Promise<ParsedFlags> {
  command.action(() => {});
  await command.parseAsync([...words], { from: 'user' });
  return command.opts<ParsedFlags>();
}

/** Divides the words of a command into the value of `--run` and the rest. */
export function takeRun(
  command: Command,
  words: readonly string[],
): { readonly run?: string; readonly rest: readonly string[] } {
  let run: string | undefined;
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--') return { run, rest: [...rest, ...words.slice(i)] };
    const takesNext =
      command.options.find(({ long, short }) => word === long || word === short)?.required ?? false;
    if (word === '--run') run = words[i + 1];
    else if (word.startsWith('--run=')) run = word.slice('--run='.length);
    else rest.push(...words.slice(i, takesNext ? i + 2 : i + 1));
    if (takesNext) i++;
  }
  return { run, rest };
}
