// The little Markdown that the engine writes about names and keys: paragraphs, lists, code, bold. As elements, never as HTML.

function inline(into: HTMLElement, text: string): void {
  for (const part of text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/)) {
    if (part.startsWith("`")) into.append(element("code", part.slice(1, -1)));
    else if (part.startsWith("**")) into.append(element("strong", part.slice(2, -2)));
    else if (/^\[[^\]]+\]\(/.test(part)) into.append(part.slice(1, part.indexOf("]")));
    else into.append(part);
  }
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** The elements of a text. */
export function markdown(text: string): HTMLElement {
  const whole = document.createElement("div");
  whole.className = "told";
  for (const block of text.split(/\n{2,}/)) {
    if (block.startsWith("```")) {
      whole.append(element("pre", block.replace(/^```.*\n|\n?```$/g, "")));
      continue;
    }
    const lines = block.split("\n");
    if (lines.every((line) => /^[-*] /.test(line))) {
      const list = document.createElement("ul");
      for (const line of lines) inline(list.appendChild(document.createElement("li")), line.slice(2));
      whole.append(list);
      continue;
    }
    inline(whole.appendChild(document.createElement("p")), lines.join(" ").replace(/^#+ /, ""));
  }
  return whole;
}
