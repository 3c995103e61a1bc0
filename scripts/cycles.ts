/** Groups of files that import each other in a circle, by Tarjan's algorithm; each group sorted, none twice. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const index = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    const own = index.size;
    index.set(node, own);
    stack.push(node);
    let low = own;
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, index.get(next) ?? low);
    }
    if (low === own) {
      const group = stack.splice(stack.indexOf(node)).sort();
      if (group.length > 1 || graph.get(node)?.includes(node) === true) cycles.push(group);
    }
    return low;
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return cycles;
}
