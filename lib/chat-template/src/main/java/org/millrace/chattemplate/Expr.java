package org.millrace.chattemplate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// An expression of a template.
sealed interface Expr {

    Site at();

    record Literal(Site at, Value value) implements Expr {}

    record Name(Site at, String name) implements Expr {}

    record ListOf(Site at, List<Expr> items) implements Expr {}

    record DictOf(Site at, List<Entry> entries) implements Expr {}

    record Entry(Expr key, Expr value) {}

    record Attribute(Site at, Expr of, String name) implements Expr {}

    record Subscript(Site at, Expr of, Expr index) implements Expr {}

    record Slice(
            Site at,
            Expr of,
            @Nullable Expr start,
            @Nullable Expr stop,
            @Nullable Expr step) implements Expr {}

    record Call(Site at, Expr callee, Given given) implements Expr {}

    record Filter(Site at, Expr of, String name, Given given) implements Expr {}

    record Is(Site at, Expr of, String test, Given given) implements Expr {}

    record And(Site at, Expr left, Expr right) implements Expr {}

    record Or(Site at, Expr left, Expr right) implements Expr {}

    record Not(Site at, Expr of) implements Expr {}

    record Negative(Site at, Expr of) implements Expr {}

    record Binary(Site at, String operator, Expr left, Expr right) implements Expr {}

    /// `first < second <= third …`: each neighbour to the next, as in Python.
    record Compare(Site at, Expr first, List<Step> steps) implements Expr {}

    record Step(String operator, Expr right) {}

    record Conditional(
            Site at, Expr then, Expr test, @Nullable Expr otherwise) implements Expr {}

    /// Arguments as they are written.
    record Given(List<Expr> positional, List<Named> named) {

        static final Given NOTHING = new Given(List.of(), List.of());
    }

    record Named(String name, Expr value) {}
}
