import { SourceInputError } from '../errors.js';
import type { Refusal } from '../http/problems.js';

/** What a request to the hub is about, and whether it carried a token. */
interface Subject {
  readonly name: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly hasToken: boolean;
}

/** The errors for refusals of the hub, which names their reasons in the header `x-error-code`. */
export function hubRefusal({ name, revision, endpoint, hasToken }: Subject): Refusal {
  return ({ status, headers }, answered) => {
    const code = headers.get('x-error-code');
    if (code === 'GatedRepo') {
      return new SourceInputError(
        `${name} is given out on request: accept its terms at ${endpoint}/${name}, then set HF_TOKEN to a token of your account`,
      );
    }
    if (code === 'RevisionNotFound') {
      return new SourceInputError(
        `${name} has no revision ${revision}: give a branch, a tag or a commit of it`,
      );
    }
    if (status === 401 || status === 403) {
      return new SourceInputError(
        hasToken
          ? `${name} was refused (${answered}): there is no such model, or your token may not read it. Check the name and the token`
          : `${name} was refused (${answered}): there is no such model, or it is private. Check the name; for a private model set HF_TOKEN`,
      );
    }
    if (status === 404)
      return new SourceInputError(`there is no model ${name} at revision ${revision} on ${endpoint}`);
    return null;
  };
}
