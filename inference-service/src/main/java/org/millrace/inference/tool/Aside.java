package org.millrace.inference.tool;

/// What stands in an answer besides text.
public sealed interface Aside {

    /// For the caller to do.
    record Asked(Call call) implements Aside {}

    /// An expression for the calculator, as the model wrote it.
    record Expression(String text) implements Aside {}

    /// What the calculator says of the expression before.
    record Result(String text) implements Aside {}
}
