package org.millrace.crawler.archive;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.millrace.archives.Bounds;
import org.millrace.archives.Captures;
import org.millrace.crawler.web.NormalUrl;

/// What archives may be read, and from where. Whoever can publish a seed could otherwise have any file of
/// the machine published.
public final class ArchiveSources {

    private final List<Path> folders;
    private final Downloads downloads;
    private final Bounds bounds;

    /// @param folders files are read below these alone
    public ArchiveSources(List<Path> folders, Downloads downloads, Bounds bounds) {
        this.folders = List.copyOf(folders);
        this.downloads = downloads;
        this.bounds = bounds;
    }

    /// Files on the web.
    @FunctionalInterface
    public interface Downloads {
        InputStream open(NormalUrl url) throws IOException;
    }

    /// @param uri http, https or file
    /// @throws IOException if it is not allowed, or cannot be read
    public Captures open(String uri) throws IOException {
        Optional<NormalUrl> url = NormalUrl.of(uri);
        if (url.isPresent()) {
            return Captures.of(url.get().toString(), downloads.open(url.get()), bounds);
        }
        return Captures.of(allowed(path(uri)), bounds);
    }

    private static Path path(String uri) throws IOException {
        try {
            URI parsed = URI.create(uri);
            if ("file".equals(parsed.getScheme())) {
                return Path.of(parsed);
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IOException("archive: expected an absolute http, https or file URI, got " + uri);
    }

    /// By where it really lies: links do not lead out.
    private Path allowed(Path path) throws IOException {
        Path real = path.toRealPath();
        for (Path folder : folders) {
            if (real.startsWith(folder.toRealPath())) {
                return real;
            }
        }
        throw new IOException("archive: expected a file below one of %s, got %s".formatted(folders, path));
    }
}
