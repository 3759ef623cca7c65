package org.millrace.archives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderCapturesTest {

    @TempDir
    Path folder;

    private Path root;

    @BeforeEach
    void files() throws IOException {
        root = Files.createDirectories(folder.resolve("site"));
        Files.createDirectories(root.resolve("b"));
        Files.writeString(root.resolve("c.txt"), "text");
        Files.writeString(root.resolve("a.html"), "<p>a");
        Files.writeString(root.resolve("b/x.HTM"), "<p>x");
        Files.write(root.resolve("b/z.html.gz"), Warcs.gzip("<p>z".getBytes(StandardCharsets.UTF_8)));
        Files.writeString(root.resolve("picture.png"), "no page");
        Files.write(root.resolve("d.warc.gz"), Warcs.concat(Warcs.gzip(Warcs.page(1)), Warcs.gzip(Warcs.page(2))));
    }

    @Test
    void aFolderIsReadInTheOrderOfItsNames() throws IOException {
        Captures captures = Captures.of(root, Warcs.BOUNDS);

        List<Capture> pages = Warcs.rest(captures);

        assertThat(pages)
                .extracting(Capture::path)
                .containsExactly("a.html", "b/x.HTM", "b/z.html.gz", "c.txt", "", "");
        assertThat(pages)
                .extracting(Capture::contentType)
                .containsExactly("text/html", "text/html", "text/html", "text/plain", "text/html", "text/html");
        assertThat(pages.get(0).url()).isEqualTo(root.resolve("a.html").toUri().toString());
        assertThat(pages.get(2).body()).asString(StandardCharsets.UTF_8).isEqualTo("<p>z");
        assertThat(pages.get(4).url()).isEqualTo(Warcs.url(1));
        assertThat(pages.get(5).source()).isEqualTo(root.resolve("d.warc.gz") + "#2");
        assertThat(captures.tally()).isEqualTo(new Tally(7, 6, 1, 0, 0, 0));
    }

    @Test
    void aFileThatIsNamedIsReadWhateverItIsCalled() throws IOException {
        Path file = Files.move(root.resolve("a.html"), root.resolve("a.page"));

        assertThat(Warcs.rest(Captures.of(file, Warcs.BOUNDS))).singleElement().satisfies(page -> {
            assertThat(page.contentType()).isEmpty();
            assertThat(page.source()).isEqualTo(file.toString());
            assertThat(page.path()).isEqualTo("a.page");
        });
        assertThat(Warcs.rest(Captures.of(Files.move(root.resolve("d.warc.gz"), root.resolve("d")), Warcs.BOUNDS)))
                .hasSize(2);
    }

    @Test
    void linksThatLeadOutAreNotFollowed() throws IOException {
        Path outside = Files.createDirectories(folder.resolve("outside"));
        Files.writeString(outside.resolve("secret.html"), "<p>secret");
        Files.createSymbolicLink(root.resolve("e.html"), outside.resolve("secret.html"));
        Files.createSymbolicLink(root.resolve("f"), outside);
        Files.createSymbolicLink(root.resolve("g.html"), root.resolve("a.html"));
        Files.createSymbolicLink(root.resolve("loop"), root);

        assertThat(Warcs.rest(Captures.of(root, Warcs.BOUNDS)))
                .extracting(Capture::path)
                .contains("g.html")
                .doesNotContain("e.html", "f/secret.html", "loop/a.html");
    }

    @Test
    void skippingGoesOnWhereAnotherStopped() throws IOException {
        List<String> all = Warcs.rest(Captures.of(root, Warcs.BOUNDS)).stream()
                .map(Capture::source)
                .toList();
        for (int taken = 0; taken <= all.size(); taken++) {
            Captures first = Captures.of(root, Warcs.BOUNDS);
            for (int i = 0; i < taken; i++) {
                first.next();
            }
            Captures second = Captures.of(root, Warcs.BOUNDS);
            second.skip(first.tally().records());

            assertThat(Warcs.rest(second)).extracting(Capture::source).isEqualTo(all.subList(taken, all.size()));
        }
    }

    @Test
    void badFilesAreCountedAndPassed() throws IOException {
        Files.write(root.resolve("b/y.html.gz"), new byte[] {0x1f, (byte) 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7});
        Files.write(root.resolve("b/long.html"), new byte[Warcs.BOUNDS.maxBody() + 1]);

        List<Fault> faults = new ArrayList<>();
        Captures captures = Captures.of(root, Warcs.BOUNDS, faults::add);

        assertThat(Warcs.rest(captures)).hasSize(6);
        assertThat(captures.tally()).isEqualTo(new Tally(9, 6, 1, 1, 1, 0));
        assertThat(faults).extracting(Fault::kind).containsExactly(Fault.Kind.TOO_LONG, Fault.Kind.BROKEN);
        assertThat(faults).extracting(Fault::source).containsExactly(root + "/b/long.html", root + "/b/y.html.gz");
    }

    @Test
    void whatIsNotThereIsNamed() {
        Path nowhere = folder.resolve("nowhere");

        assertThatThrownBy(() -> Captures.of(nowhere, Warcs.BOUNDS))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("nowhere");
    }
}
