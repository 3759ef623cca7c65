package org.millrace.trainer;

/// How fast each kind of parameter learns, and how it decays.
///
/// @param matrices of the blocks; Muon's rate if `muon`, else AdamW's
/// @param rest AdamW's rate for embedding, norms and heads
/// @param decay decoupled weight decay of matrices and embedding
/// @param muon whether Muon moves the matrices
/// @param maxNorm to which the norm of all gradients is clipped
public record Rates(double matrices, double rest, double decay, boolean muon, double maxNorm) {

    /// Clipped as everything is that does not ask otherwise.
    public Rates(double matrices, double rest, double decay, boolean muon) {
        this(matrices, rest, decay, muon, Scaling.MAX_NORM);
    }

    /// All rates times a factor.
    public Rates scaled(double factor) {
        return new Rates(matrices * factor, rest * factor, decay, muon, maxNorm);
    }
}
