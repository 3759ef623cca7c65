package org.millrace.crawler.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.archives.Bounds;
import org.millrace.archives.Captures;

class ArchiveSourcesTest {

    private static final Bounds BOUNDS = new Bounds(1 << 20, Bounds.HEAD);

    @TempDir
    Path folder;

    private Path allowed;
    private Path secret;

    @BeforeEach
    void files() throws IOException {
        allowed = Files.createDirectories(folder.resolve("allowed"));
        Files.writeString(allowed.resolve("a.html"), "<p>a");
        secret = Files.writeString(folder.resolve("secret.html"), "<p>secret");
    }

    @Test
    void filesBelowAnAllowedFolderAreRead() throws IOException {
        ArchiveSources sources = sources(allowed);

        try (Captures file = sources.open(allowed.resolve("a.html").toUri().toString());
                Captures all = sources.open(allowed.toUri().toString())) {
            assertThat(file.next()).isPresent();
            assertThat(all.next()).isPresent();
        }
    }

    @Test
    void noOtherFileIsReadHoweverItIsNamed() throws IOException {
        Files.createSymbolicLink(allowed.resolve("link.html"), secret);
        Files.createDirectories(folder.resolve("allowed-not"));

        assertRefused(sources(), allowed.resolve("a.html").toUri().toString());
        assertRefused(sources(allowed), secret.toUri().toString());
        assertRefused(sources(allowed), allowed.toUri() + "/../secret.html");
        assertRefused(sources(allowed), allowed.resolve("link.html").toUri().toString());
        assertRefused(sources(allowed), folder.resolve("allowed-not").toUri().toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "relative.warc", "ftp://example.org/a.warc", "file:relative", "jar:file:/a!/b", "\\u0000"})
    void whatIsNoArchiveIsSaid(String uri) {
        assertThatThrownBy(() -> sources(allowed).open(uri))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected an absolute http, https or file URI");
    }

    @Test
    void archivesOnTheWebAreStreamed() throws IOException {
        try (Captures captures = sources().open("HTTPS://Example.org/a.warc")) {
            assertThat(captures.next().orElseThrow().url()).isEqualTo("https://example.org/a.warc");
        }
    }

    private static void assertRefused(ArchiveSources sources, String uri) {
        assertThatThrownBy(() -> sources.open(uri))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected a file below one of");
    }

    /// Whose web has at every address an archive with one page of that address.
    private static ArchiveSources sources(Path... folders) {
        return new ArchiveSources(
                List.of(folders),
                url -> new ByteArrayInputStream("""
                        WARC/1.1\r
                        WARC-Type: resource\r
                        WARC-Target-URI: %s\r
                        Content-Length: 1\r
                        \r
                        x\r
                        \r
                        """.formatted(url).getBytes(UTF_8)),
                BOUNDS);
    }
}
