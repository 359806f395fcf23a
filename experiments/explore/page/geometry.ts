/** Where things are on a stage of a size [CSS px]. */
export interface Geometry {
  readonly size: number;
  readonly nodeRadius: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Middle of the users beside each node, and how far they stray. */
  readonly crowdX: Float32Array;
  readonly crowdY: Float32Array;
  readonly crowdRadius: number;
}

const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/** The nodes on a circle, the first at the top, the users of each outside of it. */
export function geometryOf(size: number, nodes: number): Geometry {
  const middle = size / 2;
  // Many nodes are small and need a longer circle; their users take less room.
  const ring = size * (nodes === 1 ? 0 : 0.315 + 0.095 * Math.min(1, Math.max(0, (nodes - 10) / 30)));
  const gap = nodes === 1 ? size : (2 * Math.PI * ring) / nodes;
  const nodeRadius = Math.max(3.5, Math.min(size * 0.048, gap * 0.36));
  const crowdRadius = Math.min(size * 0.062, Math.max(size * 0.02, gap * 0.62));
  const crowd = Math.min(middle - crowdRadius - 2, ring + nodeRadius + crowdRadius + size * 0.022);
  const place = (distance: number, turn: (angle: number) => number): Float32Array =>
    Float32Array.from(
      { length: nodes },
      (_, node) => middle + distance * turn((2 * Math.PI * node) / nodes - Math.PI / 2),
    );
  return {
    size,
    nodeRadius,
    x: place(ring, Math.cos),
    y: place(ring, Math.sin),
    crowdX: place(crowd, Math.cos),
    crowdY: place(crowd, Math.sin),
    crowdRadius,
  };
}

/** The numbers below a count in an order without a pattern, the same each time. */
function shuffled(count: number): number[] {
  const order = Array.from({ length: count }, (_, place) => place);
  let state = 1;
  for (let place = count - 1; place > 0; place -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (place + 1));
    [order[place], order[other]] = [order[other], order[place]];
  }
  return order;
}

/** A user's own place in every crowd, -1 to 1: users lie like seeds of a sunflower. */
export function seedPlaces(users: number): { x: Float32Array; y: Float32Array } {
  const seeds = shuffled(users);
  const along = (turn: (angle: number) => number): Float32Array =>
    Float32Array.from(seeds, (seed) => Math.sqrt(seed / users) * turn(seed * GOLDEN));
  return { x: along(Math.cos), y: along(Math.sin) };
}
