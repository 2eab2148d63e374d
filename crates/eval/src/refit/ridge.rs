//! Least squares that keep weights small.

/// Weights `w` that make `|targets - rows · w|² + penalty · |w|²` least, for a penalty above 0.
///
/// # Source
/// Ridge regression (Hoerl and Kennard 1970), by its normal equations.
pub fn ridge<'r, const N: usize>(cases: impl Iterator<Item = (&'r [f64; N], f64)>, penalty: f64) -> [f64; N] {
    let mut matrix = [[0.0; N]; N];
    let mut right = [0.0; N];
    for (row, target) in cases {
        for (i, value) in row.iter().enumerate() {
            right[i] += value * target;
            for (cell, other) in matrix[i].iter_mut().zip(row) {
                *cell += value * other;
            }
        }
    }
    for (i, row) in matrix.iter_mut().enumerate() {
        row[i] += penalty;
    }
    solve(matrix, right)
}

/// Gauss's elimination; the matrix is positive definite, so no pivot is 0.
fn solve<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        let row = matrix[pivot];
        for below in pivot + 1..N {
            let factor = matrix[below][pivot] / row[pivot];
            for (value, above) in matrix[below].iter_mut().zip(row) {
                *value -= factor * above;
            }
            right[below] -= factor * right[pivot];
        }
    }
    for pivot in (0..N).rev() {
        let known: f64 = (pivot + 1..N).map(|at| matrix[pivot][at] * right[at]).sum();
        right[pivot] = (right[pivot] - known) / matrix[pivot][pivot];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_and_a_penalty_flattens_it() {
        let rows = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]];
        let target = |row: &[f64; 2]| 3.0 * row[0] - 2.0 * row[1];
        let cases = || rows.iter().map(|row| (row, target(row)));
        let [a, b] = ridge(cases(), 1e-9);
        assert!((a - 3.0).abs() < 1e-6 && (b + 2.0).abs() < 1e-6);
        let [flat, _] = ridge(cases(), 1e9);
        assert!(flat.abs() < 1e-6);
    }
}
