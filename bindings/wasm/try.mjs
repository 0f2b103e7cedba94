import { chromium } from "playwright-core";
import { readFileSync, readdirSync } from "node:fs";
const root="/work/wt-wasm/rules/everyday-card";
const files=Object.fromEntries(readdirSync(root).filter(f=>f.endsWith(".yaml")).map(f=>[f,readFileSync(root+"/"+f,"utf8")]));
const b=await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox"]});
const p=await (await b.newContext({viewport:{width:1500,height:1100}})).newPage();
p.on("pageerror",e=>console.log("PAGEERROR",e.message)); p.on("console",m=>["error","warning"].includes(m.type())&&console.log("CONSOLE",m.text()));
await p.goto("http://127.0.0.1:5199/admin/");
await p.evaluate(async ({files})=>{
  document.body.innerHTML='<main style="padding:20px"><div class="writing" style="display:grid;grid-template-columns:1.15fr 1fr;gap:20px;align-items:start"><section class="card"><div id="e" class="editor"></div></section><section id="p" class="preview"></section></div></main>';
  const {mountEditor}=await import("/admin/src/editor/index.ts");
  const {mountPreview}=await import("/admin/src/preview/index.ts");
  window.preview=mountPreview(document.getElementById("p"),{old:files,new:files,purchases:[]});
  window.files=files; window.found=[];
  window.editor=mountEditor(document.getElementById("e"),{files,path:"weekend-dining.yaml",readOnly:false,onChange(f){window.files=f;window.preview.setNew(f)},onFindings(f){window.found=f}});
},{files});
await p.waitForTimeout(9000);
await p.screenshot({path:"/tmp/shots/1.png",fullPage:true});
const rate=p.getByLabel("Rate",{exact:true});
await rate.fill("5%");
await p.waitForTimeout(3000);
console.log(await p.evaluate(()=>window.files["weekend-dining.yaml"]));
await p.screenshot({path:"/tmp/shots/2.png",fullPage:true});
const first=p.locator(".preview-table tbody tr button").first();
if(await first.count()){ await first.click(); await p.waitForTimeout(2500); await p.screenshot({path:"/tmp/shots/3.png",fullPage:true}); }
// break a rule
await p.evaluate(()=>window.editor.show("weekend-dining.yaml",7,1));
await p.keyboard.press("Home"); await p.keyboard.type("pririty: 1\n"); await p.waitForTimeout(2500);
console.log(JSON.stringify(await p.evaluate(()=>window.found)));
await p.screenshot({path:"/tmp/shots/4.png",fullPage:true});
await p.keyboard.type("aud"); await p.waitForTimeout(2500);
await p.screenshot({path:"/tmp/shots/5.png"});
await b.close();
