//! docs/demo.svg: README's text of the demo as a terminal shows it. Rewritten with KREST_BLESS=1.

use std::fmt::Write as _;

/// Of a character, in the picture's units.
const WIDTH: f32 = 7.23;
const LINE: usize = 17;
const MARGIN: usize = 14;

pub fn draw(lines: &[&str]) -> String {
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let width = (columns as f32 * WIDTH).ceil() as usize + 2 * MARGIN;
    let height = lines.len() * LINE + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n"
    );
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let (color, weight) = look(line);
        let y = MARGIN + number * LINE + 12;
        let length = line.chars().count() as f32 * WIDTH;
        // The length holds the columns in line, whatever font there is.
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"{color}\" font-weight=\"{weight}\" textLength=\"{length:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{}</text>",
            escaped(line)
        );
    }
    svg + "</svg>\n"
}

/// The demo's own colours: new rows, changed rows, waits, headings.
fn look(line: &str) -> (&'static str, &'static str) {
    match line.trim_start() {
        _ if line.starts_with("scan ") || line.starts_with("krest ") => ("#f0f6fc", "bold"),
        text if text.starts_with("+ ") => ("#56d364", "normal"),
        text if text.starts_with("~ ") => ("#e3b341", "normal"),
        text if text.contains(": waited ") => ("#d2a8ff", "normal"),
        text if text.starts_with("topic ") => ("#79c0ff", "normal"),
        text if text.starts_with("key ") || text.starts_with('…') => ("#8b949e", "normal"),
        _ => ("#c9d1d9", "normal"),
    }
}

fn escaped(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
