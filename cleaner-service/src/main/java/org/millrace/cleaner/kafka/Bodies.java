package org.millrace.cleaner.kafka;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cleaner.Page;
import org.millrace.events.BadRecord;
import org.millrace.proto.events.v1.Artifact;
import org.millrace.proto.events.v1.PageFetched;

/// Reads the body of a page, from the event itself or from the artifact store. At most one byte more
/// than a page may have is read: a body that unfolds to gigabytes costs no more than that.
final class Bodies {

    private final ArtifactStore artifacts;

    Bodies(ArtifactStore artifacts) {
        this.artifacts = artifacts;
    }

    /// @throws BadRecord if the event names no body, or one that is not there as named
    /// @throws UncheckedIOException if the store does not answer: a restart may help, skipping would lose
    byte[] read(PageFetched event) throws BadRecord {
        return switch (event.getBodyCase()) {
            case INLINE -> event.getInline().toByteArray();
            case CLAIM -> claimed(event.getClaim());
            case BODY_NOT_SET -> throw new BadRecord("body: expected inline or claim with OUTCOME_FETCHED, got none");
        };
    }

    private byte[] claimed(Artifact claim) throws BadRecord {
        Path file = fetch(claim);
        try (InputStream stored = Files.newInputStream(file);
                InputStream decoded = decoded(stored, claim.getCodec())) {
            return decoded.readNBytes(Page.MAX_BODY_BYTES + 1);
        } catch (ZipException | ZstdIOException | EOFException e) {
            throw new BadRecord("claim: expected " + claim.getCodec() + " data, got something else", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path fetch(Artifact claim) throws BadRecord {
        try {
            return artifacts.fetch(claim.getSha256(), claim.getLength());
        } catch (ArtifactMissing | ArtifactCorrupt | IllegalArgumentException e) {
            throw new BadRecord("claim: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream decoded(InputStream stored, String codec) throws IOException, BadRecord {
        return switch (codec) {
            case "" -> stored;
            case "gzip" -> new GZIPInputStream(stored);
            case "zstd" -> new ZstdInputStream(stored);
            default -> throw new BadRecord("claim.codec: expected '', gzip or zstd, got '" + codec + "'");
        };
    }
}
