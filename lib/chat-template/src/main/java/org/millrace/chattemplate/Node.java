package org.millrace.chattemplate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A statement of a template, or the text between two.
sealed interface Node {

    record Data(Site at, Text text) implements Node {}

    record Output(Site at, Expr value) implements Node {}

    record If(List<Branch> branches, List<Node> otherwise) implements Node {}

    record Branch(Expr test, List<Node> body) {}

    record For(
            Site at,
            List<String> targets,
            Expr items,
            @Nullable Expr filter,
            List<Node> body,
            List<Node> otherwise) implements Node {}

    record Set(Site at, Target target, Expr value) implements Node {}

    record SetBlock(Site at, Target target, List<Node> body) implements Node {}

    record Macro(Site at, String name, List<Parameter> parameters, List<Node> body) implements Node {}

    record Parameter(String name, @Nullable Expr otherwise) {}

    sealed interface Target {

        record Names(List<String> names) implements Target {}

        /// A field of a namespace.
        record Field(String namespace, String name) implements Target {}
    }
}
