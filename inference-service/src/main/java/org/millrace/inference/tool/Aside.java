package org.millrace.inference.tool;

/// What stands in an answer besides text.
public sealed interface Aside {

    /// For the caller to do.
    ///
    /// @param text as a turn of a conversation has it
    record Asked(Call call, String text) implements Aside {}

    /// An expression for the calculator, as the model wrote it.
    record Expression(String text) implements Aside {}

    /// What the calculator says of the expression before.
    record Result(String text) implements Aside {}
}
