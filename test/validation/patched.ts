// Takes a mechanism away: one method of a class is another one for a while.

type Method = (...given: never[]) => unknown;

/** A class by its prototype, the name of one of its methods, and what takes its place. */
export type Patch = readonly [prototype: object, method: string, make: (original: Method) => unknown];

function put([prototype, method, make]: Patch): () => void {
  const methods = prototype as Record<string, unknown>;
  const original = methods[method];
  if (typeof original !== 'function') {
    throw new Error(`${prototype.constructor.name} has no method '${method}': name the one that does its work now`);
  }
  const inherited = !Object.hasOwn(methods, method);
  methods[method] = make(original as Method);
  return () => {
    if (inherited) delete methods[method];
    else methods[method] = original;
  };
}

/** What `body` returns while the named methods are others; a name that no method bears is an error. */
export function patched<T>(patches: readonly Patch[], body: () => T): T {
  const restores: (() => void)[] = [];
  try {
    for (const patch of patches) restores.unshift(put(patch));
    return body();
  } finally {
    for (const restore of restores) restore();
  }
}
