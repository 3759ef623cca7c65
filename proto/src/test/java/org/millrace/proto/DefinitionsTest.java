package org.millrace.proto;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.millrace.proto.Definitions.Definition;

/// A field without unit, range and encoding is a guess of whoever writes the other side. Held for our own
/// contracts; a file that follows somebody else's standard is explained there.
class DefinitionsTest {

    private static final Path SOURCES = Path.of("src/main/proto");
    private static final String OURS = "millrace";

    @Test
    void everyFieldAndValueIsExplained() throws IOException {
        List<String> bare = new ArrayList<>();
        for (Path file : files()) {
            Definitions.of(Files.readAllLines(file)).stream()
                    .filter(definition -> !definition.explained())
                    .forEach(definition -> bare.add(SOURCES.relativize(file) + ": " + definition.name()));
        }

        assertThat(bare)
                .as("with neither a comment behind them nor one on the line above")
                .isEmpty();
    }

    /// Or the test above could pass by overlooking what it should look at.
    @Test
    void noneIsOverlooked() throws Exception {
        Set<String> read = new HashSet<>();
        for (Path file : files()) {
            Definitions.of(Files.readAllLines(file)).forEach(definition -> read.add(definition.name()));
        }

        SortedSet<String> overlooked = Inventory.of(Generated.set(Generated.files()));
        overlooked.removeIf(name -> !name.startsWith(OURS + ".") || !name.endsWith(")"));
        assertThat(overlooked).hasSizeGreaterThan(250);
        overlooked.removeAll(read);
        assertThat(overlooked).isEmpty();
    }

    @Test
    void aBareFieldIsFound() {
        List<Definition> definitions = Definitions.of("""
                package p;
                // A page.
                message Page {
                  option (millrace.options.v1.topic) = { name: "pages.fetched.v1", key: "url" };

                  enum Kind {
                    KIND_OLD = 0;  // no longer written
                  }
                  string url = 1;
                  // Behind the markup.
                  repeated p.Part parts = 2;
                  oneof body {
                    bytes inline = 3;      // decoded
                    map<string, int32> sizes = 4;  //
                  }
                }
                """.lines().toList());

        assertThat(definitions)
                .containsExactly(
                        new Definition("p.Page.Kind.KIND_OLD (0)", true),
                        new Definition("p.Page.url (1)", false),
                        new Definition("p.Page.parts (2)", true),
                        new Definition("p.Page.inline (3)", true),
                        new Definition("p.Page.sizes (4)", false));
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES.resolve(OURS))) {
            return files.filter(file -> file.toString().endsWith(".proto"))
                    .sorted()
                    .toList();
        }
    }
}
