package org.millrace.archives;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The pages of a folder, depth first, names sorted, so that the same folder always gives the same
/// sequence. Files are told apart by what they hold: WARC files give their pages, other files are one page.
final class FolderCaptures implements Captures {

    /// What is looked into. Anything else in a folder is no page; a file that is named itself always is one.
    private static final Pattern WANTED =
            Pattern.compile(".*\\.(?:html?|xhtml|txt|md|warc|wet)(?:\\.gz)?", Pattern.CASE_INSENSITIVE);

    private final Path root;
    private final Path home;
    private final Bounds bounds;
    private final Consumer<Fault> faults;
    private final Deque<Iterator<Path>> waiting = new ArrayDeque<>();
    private Tally ofFiles = Tally.NONE;
    private Tally ofArchives = Tally.NONE;
    private @Nullable WarcCaptures archive;

    /// @throws java.nio.file.NoSuchFileException if nothing is there
    FolderCaptures(Path fileOrFolder, Bounds bounds, Consumer<Fault> faults) throws IOException {
        this.root = fileOrFolder;
        this.home = fileOrFolder.toRealPath();
        this.bounds = bounds;
        this.faults = faults;
        this.waiting.push(List.of(fileOrFolder).iterator());
    }

    @Override
    public Optional<Capture> next() throws IOException {
        while (true) {
            WarcCaptures open = archive;
            if (open != null) {
                Optional<Capture> capture = open.next();
                if (capture.isPresent()) {
                    return capture;
                }
                leave(open);
            }
            Path file = nextFile();
            if (file == null) {
                return Optional.empty();
            }
            Capture page = isArchive(file) ? null : page(file);
            if (page != null) {
                return Optional.of(page);
            }
        }
    }

    @Override
    public void skip(long count) throws IOException {
        long until = tally().records() + count;
        while (tally().records() < until) {
            WarcCaptures open = archive;
            if (open != null) {
                open.skip(until - tally().records());
                if (tally().records() < until) {
                    leave(open);
                }
                continue;
            }
            Path file = nextFile();
            if (file == null) {
                return;
            }
            if (!isArchive(file)) {
                ofFiles = ofFiles.passedOver();
            }
        }
    }

    @Override
    public Tally tally() {
        Tally closed = ofFiles.plus(ofArchives);
        return archive == null ? closed : closed.plus(archive.tally());
    }

    @Override
    public void close() throws IOException {
        if (archive != null) {
            archive.close();
        }
    }

    /// Enters a file that is one. What cannot be opened shows itself when it is read as a page.
    private boolean isArchive(Path file) {
        try {
            if (!Captures.isWarc(file)) {
                return false;
            }
            archive = new WarcCaptures(name(file), Files.newInputStream(file), bounds, faults);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void leave(WarcCaptures open) throws IOException {
        ofArchives = ofArchives.plus(open.tally());
        archive = null;
        open.close();
    }

    private @Nullable Path nextFile() throws IOException {
        while (!waiting.isEmpty()) {
            Iterator<Path> folder = waiting.element();
            if (!folder.hasNext()) {
                waiting.pop();
                continue;
            }
            Path path = folder.next();
            boolean named = path.equals(root);
            if (Files.isDirectory(path, named ? new LinkOption[0] : new LinkOption[] {LinkOption.NOFOLLOW_LINKS})) {
                waiting.push(sorted(path).iterator());
            } else if (named || isWanted(path)) {
                return path;
            } else {
                ofFiles = ofFiles.passedOver();
            }
        }
        return null;
    }

    /// Links to folders are not followed, as they could lead round in circles; those to files may not
    /// lead out.
    private boolean isWanted(Path path) throws IOException {
        if (!WANTED.matcher(path.getFileName().toString()).matches() || !Files.isRegularFile(path)) {
            return false;
        }
        return !Files.isSymbolicLink(path) || path.toRealPath().startsWith(home);
    }

    private static List<Path> sorted(Path folder) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(paths::add);
        }
        paths.sort(Comparator.comparing(path -> path.getFileName().toString()));
        return paths;
    }

    private @Nullable Capture page(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Optional<byte[]> body = new Bodies(bounds.maxBody()).read(gzipped(file), new BufferedInputStream(in));
            if (body.isPresent()) {
                Capture page = page(file, body.get());
                ofFiles = ofFiles.captured();
                return page;
            }
            faults.accept(new Fault(name(file), Fault.Kind.TOO_LONG, "more than %d bytes".formatted(bounds.maxBody())));
            ofFiles = ofFiles.foundTooLong();
        } catch (IOException e) { // no permission, a bad disk: the other files are not touched by it
            faults.accept(new Fault(name(file), Fault.Kind.BROKEN, why(e)));
            ofFiles = ofFiles.foundBroken();
        }
        return null;
    }

    private static String why(IOException e) {
        return switch (e) {
            case BrokenRecord broken -> String.valueOf(broken.getMessage());
            case AccessDeniedException _ -> "it may not be read";
            default -> e.toString();
        };
    }

    private Capture page(Path file, byte[] body) throws IOException {
        return new Capture(
                name(file),
                file.toUri().toString(),
                path(file),
                contentType(file),
                "",
                Files.getLastModifiedTime(file).toInstant(),
                Fields.NONE,
                body);
    }

    private static Fields gzipped(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gz")
                ? Fields.of("Content-Encoding", "gzip")
                : Fields.NONE;
    }

    /// By its name; empty where that says nothing, and its reader may look at the start.
    private static String contentType(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "html", "htm" -> "text/html";
            case "xhtml" -> "application/xhtml+xml";
            case "txt", "md" -> "text/plain";
            default -> "";
        };
    }

    /// As a person would name it: as given, and what lies below.
    private static String name(Path file) {
        return file.toString().replace('\\', '/');
    }

    private String path(Path file) {
        Path below = file.equals(root) ? file.getFileName() : root.relativize(file);
        return below.toString().replace('\\', '/');
    }
}
