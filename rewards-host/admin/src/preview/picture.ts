// The rule graph as the engine draws it, lit by a purchase. The drawing brings a style of its own, which the page's policy
// takes only as a style sheet that a script has made, in a shadow root of its own.

/** Its colours are those of the page, so that they follow the page's theme and not only the system's. */
const COLOURS = `
:host { display: block; overflow: auto; --own-line: var(--line-strong); --own-text: var(--text); }
svg { display: block; max-width: none; height: auto;
  --page: var(--surface); --band: var(--sunken); --box: var(--raised); --line: var(--own-line); --text: var(--own-text); --soft: var(--muted);
  --edge: var(--line-strong); --lit: var(--good-soft); --lit-line: var(--tank-good); --cut: var(--warn-soft); --cut-line: var(--tank-warn);
  --dark: var(--bad-soft); --dark-line: var(--tank-bad); }
`;

/** A place for a picture. */
export class PictureView {
  readonly #root: ShadowRoot;

  constructor(host: HTMLElement) {
    this.#root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  }

  /** Shows a drawing in place of the last one. */
  show(svg: string): void {
    // Taken out before it is parsed: the policy also refuses the style of a document that is only being read.
    const own = new CSSStyleSheet();
    const plain = svg.replace(/<style>([^<]*)<\/style>/, (_, style: string) => {
      own.replaceSync(style);
      return "";
    });
    const drawn = new DOMParser().parseFromString(plain, "image/svg+xml").documentElement;
    const page = new CSSStyleSheet();
    page.replaceSync(COLOURS);
    this.#root.adoptedStyleSheets = [own, page];
    this.#root.replaceChildren(document.importNode(drawn, true));
  }
}
