package org.millrace.world;

import java.util.List;

/// A text before it is dressed as a web page.
///
/// @param path where it will lie
/// @param paragraphs each a few sentences
/// @param statements the facts that the paragraphs state
public record Article(String path, String title, List<String> paragraphs, List<Statement> statements) {

    public Article {
        paragraphs = List.copyOf(paragraphs);
        statements = List.copyOf(statements);
    }

    public String text() {
        return String.join("\n\n", paragraphs);
    }
}
