fn main() {
    let mut total = std::collections::BTreeMap::<String, usize>::new();
    let show = std::env::var("SHOW").is_ok();
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let mut sources = parse::Sources::default();
        sources.add(&path, &bytes);
        let mut facts = model::Facts { offline: true, major: 15, role: "postgres".into(), database: "postgres".into(), search_path: vec!["public".into()], ..Default::default() };
        for it in ["pgcrypto","uuid-ossp","pg_trgm","btree_gist"] { facts.extensions.available.insert(it.into(), "1".into()); }
        let started = std::time::Instant::now();
        let desired = parse::desired(&sources, &facts);
        let took = started.elapsed();
        if std::env::var("LEDGER").is_ok() {
            for e in &desired.ledger { println!("{} {:?}", desired.sources.line_column(e.span).0, e.verdict); }
            for (id, _) in desired.schema.iter() { println!("   {id}"); }
        }
        for fault in &desired.faults {
            let (l, c) = desired.sources.line_column(fault.span);
            if show { println!("{path}:{l}:{c}: {} [{}]", fault.message, fault.code.word()); }
            let key: String = fault.message.split('`').enumerate().map(|(i, s)| if i % 2 == 1 { "_" } else { s }).collect();
            *total.entry(key).or_default() += 1;
        }
        if took.as_millis() > 300 { println!("{path}: {took:?}, {} objects", desired.schema.len()); }
    }
    let mut all: Vec<_> = total.into_iter().collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.1));
    for (message, count) in all.iter().take(60) { println!("{count:6} {message}"); }
}
