package org.millrace.chattemplate;

/// What one rendering may take. A template is somebody's program, and ends.
final class Budget {

    /// Characters of the output, and of any text on the way.
    static final int LONGEST_TEXT = 16 << 20;

    /// Of all loops together.
    static final int ITERATIONS = 1_000_000;

    /// Expressions evaluated, and characters and items copied. A conversation of 4 million characters takes some 40
    /// million, in the longest of the templates that are known.
    static final long WORK = 64L << 20;

    /// Expressions, blocks and macros in each other, and lists in lists.
    static final int DEEPEST = 400;

    private long work;
    private int iterations;
    private int depth;

    void spend(Site at, long units) {
        work += units;
        if (work > WORK) {
            throw at.error("work: expected at most %d steps, got more".formatted(WORK));
        }
    }

    /// Looking through a text for another.
    void search(Site at, Text in, Text what) {
        spend(at, 1 + in.string().length() * (1L + what.string().length() / 16));
    }

    void iterate(Site at) {
        if (++iterations > ITERATIONS) {
            throw at.error("loops: expected at most %d iterations, got more".formatted(ITERATIONS));
        }
    }

    void text(Site at, long length) {
        if (length > LONGEST_TEXT) {
            throw at.error("text: expected at most %d characters, got more".formatted(LONGEST_TEXT));
        }
    }

    void enter(Site at) {
        if (++depth > DEEPEST) {
            throw at.error("nesting: expected at most %d levels, got more".formatted(DEEPEST));
        }
    }

    void leave() {
        depth--;
    }
}
