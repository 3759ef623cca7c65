package org.millrace.onnx;

/// How ONNX Runtime (1.29) computes the attention of a [DecoderGraph] on the CPU. A session has the one that was chosen
/// while it was made, for good.
public enum AttentionKernel {

    /// In tiles that fit the cache of a core, whatever the lengths. A single token is compared with its
    /// keys four floats at a time, and rows of unlike lengths wait for each other, one after the other.
    TILES("0"),

    /// By the general products of matrices, which are built for wider registers and take all rows together;
    /// all scores of new tokens against a row's whole capacity are in memory at once.
    PRODUCTS("1");

    private static final String VARIABLE = "ORT_GQA_DISABLE_FLASH_ATTENTION";

    private final String value;

    AttentionKernel(String value) {
        this.value = value;
    }

    /// Makes a session.
    @FunctionalInterface
    public interface Making<S, E extends Exception> {
        S make() throws E;
    }

    /// A session that computes attention so. One at a time is made: the choice is a variable of the process.
    public <S, E extends Exception> S make(Making<S, E> making) throws E {
        synchronized (AttentionKernel.class) {
            NativeEnvironment.set(VARIABLE, value);
            return making.make();
        }
    }
}
