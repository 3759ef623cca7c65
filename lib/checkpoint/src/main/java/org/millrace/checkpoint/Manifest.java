package org.millrace.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What belongs to a checkpoint: SHA-256 and length of each file, and where it came from.
/// `manifest_sha256` is the hash of the manifest's own canonical form (compact JSON, sorted keys)
/// without that field.
record Manifest(SortedMap<String, Entry> files, SortedMap<String, String> provenance) {

    static final String FILE = "manifest.json";
    private static final String FORMAT = "millrace-checkpoint";
    private static final int VERSION = 1;
    private static final long MAX_BYTES = 16 << 20;
    private static final String SELF = "manifest_sha256";

    record Entry(String sha256, long length) {}

    static Entry describe(Path file) throws IOException {
        MessageDigest digest = sha256();
        long length = 0;
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                length += n;
            }
        }
        return new Entry(HexFormat.of().formatHex(digest.digest()), length);
    }

    byte[] toJson() throws JsonProcessingException {
        ObjectNode root = Json.STRICT.createObjectNode();
        ObjectNode list = root.putObject("files");
        files.forEach((name, entry) ->
                list.putObject(name).put("length", entry.length()).put("sha256", entry.sha256()));
        root.put("format", FORMAT);
        ObjectNode pairs = root.putObject("provenance");
        provenance.forEach(pairs::put);
        root.put("version", VERSION);
        root.put(SELF, selfHash(root));
        return Json.PRETTY.writeValueAsBytes(root);
    }

    static Manifest read(Path dir) throws IOException {
        Path file = dir.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new CheckpointCorrupt(file, "missing: the checkpoint was never finished, or is none");
        }
        if (!(Json.tree(file, MAX_BYTES) instanceof ObjectNode root)) {
            throw new CheckpointCorrupt(file, "expected a JSON object");
        }
        String hash = root.path(SELF).asText("");
        if (!root.path("format").asText("").equals(FORMAT)
                || root.path("version").asInt(0) != VERSION) {
            throw new CheckpointCorrupt(
                    file,
                    "format: expected %s version %d, got %s version %s"
                            .formatted(FORMAT, VERSION, root.path("format"), root.path("version")));
        }
        root.remove(SELF);
        if (!hash.equals(selfHash(root))) {
            throw new CheckpointCorrupt(file, SELF + ": does not match the manifest");
        }
        SortedMap<String, Entry> files = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : root.path("files").properties()) {
            String name = entry.getKey();
            if (!name.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")) {
                throw new CheckpointCorrupt(file, "files: \"%s\" is not a plain file name".formatted(name));
            }
            files.put(
                    name,
                    new Entry(
                            entry.getValue().path("sha256").asText(""),
                            entry.getValue().path("length").asLong(-1)));
        }
        SortedMap<String, String> provenance = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : root.path("provenance").properties()) {
            provenance.put(entry.getKey(), entry.getValue().asText());
        }
        return new Manifest(files, provenance);
    }

    /// Reads every file that is listed, once, but for those whose hashes are known.
    void verify(Path dir, Map<String, String> hashes) throws IOException {
        for (Map.Entry<String, Entry> listed : files.entrySet()) {
            Path file = dir.resolve(listed.getKey());
            if (!Files.isRegularFile(file)) {
                throw new CheckpointCorrupt(file, "missing, though the manifest lists it");
            }
            long length = Files.size(file); // first, for it is cheap and says more
            if (length != listed.getValue().length()) {
                throw new CheckpointCorrupt(
                        file,
                        "length: expected %d, got %d"
                                .formatted(listed.getValue().length(), length));
            }
            String known = hashes.get(listed.getKey());
            String found = known != null ? known : describe(file).sha256();
            if (!found.equals(listed.getValue().sha256())) {
                throw new CheckpointCorrupt(
                        file,
                        "sha256: expected %s, got %s"
                                .formatted(listed.getValue().sha256(), found));
            }
        }
    }

    private static String selfHash(ObjectNode withoutHash) {
        try {
            String canonical = Json.STRICT.writeValueAsString(withoutHash);
            return HexFormat.of().formatHex(sha256().digest(canonical.getBytes(StandardCharsets.UTF_8)));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e); // a tree of strings and numbers always has a text
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
