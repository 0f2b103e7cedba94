#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use crate::source::{Findings, Sources};
use crate::syntax::read::read;
use crate::syntax::written::*;
use crate::value::{Duration, Exact, Period};

fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(*path, *text);
    }
    sources
}

#[test]
fn tmp_all() {
    fn walk(dir: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
        for e in std::fs::read_dir(dir).unwrap() {
            let p = e.unwrap().path();
            if p.is_dir() { walk(&p, out) } else { out.push(p) }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    walk(&root.join("rules"), &mut files);
    let mut s = Sources::default();
    for f in &files {
        s.add(f.to_str().unwrap(), std::fs::read(f).unwrap());
    }
    let (r, f) = read(&s);
    println!("{} programs {} campaigns", r.programs.len(), r.campaigns.len());
    println!("{}", Findings::new(s, f));
    files.clear();
    walk(&root.join("tests/conformance"), &mut files);
    files.sort();
    let mut n = 0;
    for f in &files {
        let bytes = std::fs::read(f).unwrap();
        let mut found = Vec::new();
        let docs = crate::syntax::yaml::parse_documents(0, &bytes, &mut found);
        let mut s0 = Sources::default();
        s0.add(f.to_str().unwrap(), bytes);
        if !found.is_empty() {
            println!("{}", Findings::new(s0, found));
        }
        for d in &docs {
            let Some(crate::syntax::yaml::Node { kind: crate::syntax::yaml::NodeKind::Map(e), .. }) = d.get("rules")
            else {
                println!("no rules {f:?}");
                continue;
            };
            let mut s = Sources::default();
            for e in e {
                let crate::syntax::yaml::NodeKind::Scalar(sc) = &e.value.kind else { panic!() };
                s.add(e.key.value.clone(), sc.text.clone());
            }
            let (_, fs) = read(&s);
            n += 1;
            if !fs.is_empty() {
                println!("{f:?}\n{}", Findings::new(s, fs));
            }
        }
    }
    println!("{n} cases");
}
