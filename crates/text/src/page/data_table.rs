//! Which tables hold data, and which only lay out a page.

use std::collections::HashMap;

use super::tree::Tree;

/// Marks tables that hold data: at least two rows of at least two cells, nothing nested that has a layout of its own.
pub fn data_tables(tree: &Tree) -> Vec<bool> {
    let mut marks = vec![false; tree.nodes.len()];
    for table in tree.elements(0, "table") {
        marks[table] = is_data_table(tree, table);
    }
    marks
}

fn is_data_table(tree: &Tree, table: usize) -> bool {
    if matches!(tree.attr(table, "role"), Some("presentation" | "none")) {
        return false;
    }
    // Cells by row; stopping at a nested table keeps inner tables from being read once per level.
    let mut rows: Vec<usize> = Vec::new();
    let mut layout = 0;
    for node in table + 1..tree.end(table) {
        match tree.tag(node) {
            "table" | "h1" | "h2" | "article" | "form" => return false,
            "tr" => rows.push(0),
            "td" | "th" => rows
                .iter_mut()
                .next_back()
                .into_iter()
                .for_each(|cells| *cells += 1),
            "p" | "pre" | "blockquote" | "hr" => layout += 1,
            _ => {}
        }
    }
    let cells: usize = rows.iter().sum();
    let regular = regular_rows(&rows);
    rows.len() >= 2 && regular * 5 >= rows.len() * 3 && layout <= cells
}

/// How many rows have the number of cells, at least two, that most rows have.
fn regular_rows(rows: &[usize]) -> usize {
    let mut by_cells = HashMap::new();
    for cells in rows.iter().filter(|&&cells| cells >= 2) {
        *by_cells.entry(cells).or_insert(0) += 1;
    }
    by_cells.into_values().max().unwrap_or(0)
}
