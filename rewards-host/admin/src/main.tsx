import { render } from "preact";
import { App } from "./app.tsx";
import "./style/base.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/drafts.css";
import "./style/members.css";
import "./style/outcome.css";
import "./style/analytics.css";

const page = document.getElementById("page");
if (page) render(<App />, page);
