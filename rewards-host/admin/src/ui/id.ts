// Ids that are unique in the page. Preact's own are unique within one root, and the editor and the preview are roots of their own.
import { useState } from "preact/hooks";

let made = 0;

export function useId(): string {
  const [id] = useState(() => `id-${(made += 1)}`);
  return id;
}
