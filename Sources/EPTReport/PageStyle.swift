/// The page's style sheet.
///
/// Colours are variables, so that one drawing serves light and dark.
enum PageStyle {
  static let sheet = """
    :root {
      --page: #f4f4f1; --card: #ffffff; --ink: #1b1c1e; --soft: #63656b; --line: #e2e2dd;
      --first: #1f66b0; --second: #c2571a; --best: #1a7f4b; --on: #ffffff; --cell: #f0f0ec;
      --part1: #1f66b0; --part2: #c2571a; --part3: #1a7f4b; --part4: #8a4fa3; --part5: #8b8d93; --part6: #b8860b;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #131416; --card: #1c1e21; --ink: #e9e9e6; --soft: #9fa1a8; --line: #33363b;
        --first: #6cb0f2; --second: #f09a5e; --best: #58c58a; --on: #101214; --cell: #26292d;
        --part1: #6cb0f2; --part2: #f09a5e; --part3: #58c58a; --part4: #c997e0; --part5: #8b8d93; --part6: #b8860b;
      }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
    main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 48px; }
    h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; }
    h2 { font-size: 15px; font-weight: 600; margin: 0 0 12px; }
    h3 { font-size: 13px; font-weight: 600; margin: 16px 0 6px; color: var(--soft); }
    p { margin: 0 0 8px; }
    .under { color: var(--soft); overflow-wrap: anywhere; }
    .figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 16px; }
    .figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
      padding: 10px 16px; flex: 1 1 auto; }
    .figure b { display: block; font-size: 24px; line-height: 1.3; font-weight: 600;
      font-variant-numeric: tabular-nums; }
    .figure span { color: var(--soft); font-size: 13px; }
    .cards { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
      padding: 16px 18px; min-width: 0; }
    .wide { grid-column: 1 / -1; }
    @media (max-width: 760px) { .cards { grid-template-columns: 1fr; } }
    .note, .small { color: var(--soft); font-size: 13px; }
    .scroll-table { overflow-x: auto; } .scroll-table td { overflow-wrap: normal; }
    td.text, th.text { min-width: 150px; padding-left: 16px; }
    .scroll { overflow-x: auto; } .scroll svg { min-width: 680px; }
    svg + .small, table + .small, .scroll-table + .small { margin-top: 10px; }
    h2 + .columns h3:first-child { margin-top: 0; }
    .warn { color: var(--second); }
    svg { display: block; width: 100%; height: auto; overflow: visible; }
    svg text { fill: var(--soft); font-size: 12px; font-family: inherit; }
    svg text.ink { fill: var(--ink); }
    svg text.on { fill: var(--on); }
    .grid { stroke: var(--line); stroke-width: 1; }
    .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .faint { stroke-width: 1; opacity: .45; }
    .dashed { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 4; fill: none; }
    .s1 { stroke: var(--first); } .s2 { stroke: var(--second); } .s3 { stroke: var(--best); }
    .f1 { fill: var(--first); } .f2 { fill: var(--second); } .f3 { fill: var(--best); }
    .cell { fill: var(--cell); } .ring { fill: none; stroke: var(--best); stroke-width: 2; }
    .p1 { background: var(--part1); } .p2 { background: var(--part2); } .p3 { background: var(--part3); }
    .p4 { background: var(--part4); } .p5 { background: var(--part5); } .p6 { background: var(--part6); }
    .bar { display: flex; gap: 2px; height: 22px; border-radius: 6px; overflow: hidden;
      background: var(--cell); margin-bottom: 12px; }
    .bar span { display: block; height: 100%; }
    .key { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 8px; }
    .legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--soft);
      margin: 0 0 6px; padding: 0; list-style: none; }
    table { border-collapse: collapse; width: 100%; font-size: 13px; }
    td, th { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line);
      vertical-align: top; overflow-wrap: anywhere; font-weight: normal; }
    th { color: var(--soft); white-space: nowrap; }
    td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0;
      padding-left: 12px; white-space: nowrap; }
    code { font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
    .columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 32px; }
    @media (max-width: 760px) { .columns { grid-template-columns: 1fr; } }
    details summary { cursor: pointer; color: var(--soft); font-size: 13px; margin-top: 10px; }
    """
}
