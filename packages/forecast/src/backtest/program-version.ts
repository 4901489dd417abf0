import { createRequire } from 'node:module';

/** Name and version of this package, such as `@fin/forecast 1.2.0`. */
export function programVersion(): string {
  const { name, version } = createRequire(import.meta.url)('@fin/forecast/package.json') as {
    readonly name: string;
    readonly version: string;
  };
  return `${name} ${version}`;
}
