package org.millrace.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cli.runtime.Home;
import picocli.CommandLine.Option;

/// Where the files lie that a log names.
public final class ArtifactsOption {

    private static final Path CACHE = Path.of(System.getProperty("java.io.tmpdir"), "millrace-artifacts");

    @Option(
            names = "--artifacts",
            paramLabel = "URI",
            description = "Artifact store of the cluster, file:/… or s3://… (default: the local system's).")
    private @Nullable URI artifacts;

    /// The store.
    ///
    /// @param log whose files are meant
    /// @return empty if it is not known: of another cluster, without this option
    /// @throws Failure if there is none
    public Optional<ArtifactStore> open(LogOption log) throws IOException {
        return open(log, CACHE);
    }

    /// The store of a command that cannot do without.
    ///
    /// @param log whose files are meant
    /// @throws Failure if it is not known, or there is none
    public ArtifactStore required(LogOption log) throws IOException {
        return required(log, CACHE);
    }

    /// @param cache for what comes from afar
    public ArtifactStore required(LogOption log, Path cache) throws IOException {
        return open(log, cache)
                .orElseThrow(
                        () -> new Failure(
                                "--artifacts: expected where the files of this log are stored, file:/… or s3://…, got nothing"));
    }

    private Optional<ArtifactStore> open(LogOption log, Path cache) throws IOException {
        if (artifacts == null) {
            Optional<Path> local = log.home().map(Home::artifacts).filter(Files::isDirectory);
            return local.isPresent()
                    ? Optional.of(ArtifactStore.open(local.get().toUri(), cache))
                    : Optional.empty();
        }
        if (!"s3".equals(artifacts.getScheme()) && !isFolder(artifacts)) {
            throw new Failure("--artifacts: expected file:/… of a folder that is there, or s3://…, got " + artifacts);
        }
        return Optional.of(ArtifactStore.open(artifacts, cache));
    }

    private static boolean isFolder(URI uri) {
        return "file".equals(uri.getScheme()) && uri.getPath() != null && Files.isDirectory(Path.of(uri.getPath()));
    }
}
