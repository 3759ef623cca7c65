package org.millrace.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/// A model as a directory: configuration, weights, tokenizer, and a manifest that is written
/// last.
///
/// The format is `docs/formats/checkpoints.md`: what transformers, vLLM and llama.cpp read, plus
/// `manifest.json`. Opening verifies every byte, so that a file that was cut or changed is found
/// here and not as strange answers. It does not know where checkpoints are kept or what is done
/// with them.
public final class Checkpoint implements AutoCloseable {

    static final String CONFIG = "config.json";
    static final String GENERATION = "generation_config.json";
    static final String TOKENIZER = "tokenizer.json";

    /// What is copied from a tokenizer's directory; the first must be there.
    private static final List<String> TOKENIZER_FILES =
            List.of(TOKENIZER, "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja");

    private static final List<String> REQUIRED = List.of(CONFIG, TOKENIZER);

    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final String HEAD = "lm_head.weight";

    private final Path dir;
    private final ModelConfig config;
    private final Safetensors weights;
    private final Manifest manifest;

    private Checkpoint(Path dir, ModelConfig config, Safetensors weights, Manifest manifest) {
        this.dir = dir;
        this.config = config;
        this.weights = weights;
        this.manifest = manifest;
    }

    /// Verifies a directory against its manifest and its configuration, and maps its weights.
    ///
    /// @throws CheckpointCorrupt if a file is missing or is not what the manifest says, or if the
    ///     tensors are not those of the configuration
    public static Checkpoint open(Path dir) throws IOException {
        return open(dir, Map.of());
    }

    /// As [#open(Path)], for whoever has just read the files and knows their hashes: they are not read
    /// once more for it.
    ///
    /// @param hashes SHA-256 of files, in hex, by name; of the others they are computed
    public static Checkpoint open(Path dir, Map<String, String> hashes) throws IOException {
        Manifest manifest = Manifest.read(dir);
        requireListed(dir, manifest, REQUIRED);
        manifest.verify(dir, hashes);
        requireListed(dir, manifest, WeightFiles.names(dir));
        ModelConfig config = HuggingFace.read(dir.resolve(CONFIG));
        Safetensors weights = WeightFiles.open(dir);
        try {
            checkTensors(dir, config, weights, Set.of());
        } catch (CheckpointCorrupt | RuntimeException e) {
            weights.close();
            throw e;
        }
        return new Checkpoint(dir, config, weights, manifest);
    }

    private static void requireListed(Path dir, Manifest manifest, Iterable<String> names) throws CheckpointCorrupt {
        for (String name : names) {
            if (!manifest.files().containsKey(name)) {
                throw new CheckpointCorrupt(
                        dir.resolve(Manifest.FILE), "files: expected %s among them".formatted(name));
            }
        }
    }

    /// Opens a directory that others wrote. It has no manifest, so nothing says which bytes were meant: all
    /// that can be checked is, down to each number, which must be finite.
    ///
    /// A head that is tied to the embedding and is written all the same, as transformers does, is passed over.
    ///
    /// @throws CheckpointCorrupt if a file is missing or lies, or the weights are not those of a model that is
    ///     computed here as it was meant; names the tensor or the field
    public static Checkpoint openForeign(Path dir) throws IOException {
        ModelConfig config = HuggingFace.read(dir.resolve(CONFIG));
        if (!Files.isRegularFile(dir.resolve(TOKENIZER))) {
            throw new CheckpointCorrupt(dir.resolve(TOKENIZER), "missing");
        }
        Safetensors weights = WeightFiles.open(dir);
        try {
            boolean again = config.tied()
                    && weights.names().contains(HEAD)
                    && weights.names().contains(EMBEDDING)
                    && weights.same(HEAD, EMBEDDING);
            checkTensors(dir, config, weights, again ? Set.of(HEAD) : Set.of());
            for (String name : config.tensors().keySet()) {
                long place = weights.firstNotFinite(name);
                if (place >= 0) {
                    throw new CheckpointCorrupt(
                            dir,
                            "tensor \"%s\": expected finite numbers, got NaN or infinity at %d".formatted(name, place));
                }
            }
        } catch (CheckpointCorrupt | RuntimeException e) {
            weights.close();
            throw e;
        }
        return new Checkpoint(dir, config, weights, new Manifest(new TreeMap<>(), new TreeMap<>()));
    }

    /// @param besides tensors that may be there too
    private static void checkTensors(Path file, ModelConfig config, Safetensors weights, Set<String> besides)
            throws CheckpointCorrupt {
        for (Map.Entry<String, long[]> expected : config.tensors().entrySet()) {
            String name = expected.getKey();
            if (!weights.names().contains(name)) {
                throw new CheckpointCorrupt(file, "tensor \"%s\": missing".formatted(name));
            }
            if (!Arrays.equals(weights.shape(name), expected.getValue())) {
                throw new CheckpointCorrupt(
                        file,
                        "tensor \"%s\": expected shape %s as config.json says, got %s"
                                .formatted(
                                        name,
                                        Arrays.toString(expected.getValue()),
                                        Arrays.toString(weights.shape(name))));
            }
            if (!Set.of("F32", "F16", "BF16").contains(weights.dtype(name))) {
                throw new CheckpointCorrupt(
                        file, "tensor \"%s\": expected F32, F16 or BF16, got %s".formatted(name, weights.dtype(name)));
            }
        }
        Set<String> unknown = new HashSet<>(weights.names());
        unknown.removeAll(config.tensors().keySet());
        unknown.removeAll(besides);
        if (!unknown.isEmpty()) {
            throw new CheckpointCorrupt(
                    file,
                    "tensor \"%s\": not one of this architecture"
                            .formatted(SafetensorsHeader.shortened(
                                    unknown.iterator().next())));
        }
    }

    /// The model's shape.
    public ModelConfig config() {
        return config;
    }

    /// The tensors, open until this checkpoint is closed.
    public Safetensors weights() {
        return weights;
    }

    /// The tokenizer's file, `tokenizer.json`.
    public Path tokenizer() {
        return dir.resolve(TOKENIZER);
    }

    /// The directory this was opened from.
    public Path directory() {
        return dir;
    }

    /// Where the model came from: run, stage, step, base, …
    public SortedMap<String, String> provenance() {
        return new TreeMap<>(manifest.provenance());
    }

    /// Unmaps the weights.
    @Override
    public void close() {
        weights.close();
    }

    /// Writes a whole checkpoint or nothing: into a sibling directory, every file forced to the
    /// disk, the manifest last, then one rename.
    ///
    /// @param dir must not exist; its parent must
    /// @param weights exactly the tensors of [ModelConfig#tensors]
    /// @param tokenizerDir holds `tokenizer.json`, and `tokenizer_config.json` if there is a chat
    ///     template
    /// @param provenance for people and tools: run, stage, step, base, …
    public static void write(
            Path dir,
            ModelConfig config,
            SortedMap<String, ? extends TensorSource> weights,
            Path tokenizerDir,
            Map<String, String> provenance)
            throws IOException {
        write(dir, config, weights, WeightLayout.STANDARD, tokenizerDir, provenance);
    }

    /// The same, with the weights as they are wanted.
    ///
    /// @throws IllegalArgumentException if the weights are not those of the configuration, or a number does
    ///     not fit the type; names the tensor
    public static void write(
            Path dir,
            ModelConfig config,
            SortedMap<String, ? extends TensorSource> weights,
            WeightLayout layout,
            Path tokenizerDir,
            Map<String, String> provenance)
            throws IOException {
        Path target = dir.toAbsolutePath();
        if (Files.exists(target)) {
            throw new FileAlreadyExistsException(target.toString());
        }
        checkWeights(config, weights);
        Path temporary = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
        Files.createDirectory(temporary);
        try {
            List<String> names = new ArrayList<>();
            names.add(
                    file(temporary, CONFIG, Json.PRETTY.writeValueAsBytes(HuggingFace.config(config, layout.type()))));
            names.add(file(temporary, GENERATION, Json.PRETTY.writeValueAsBytes(HuggingFace.generation(config))));
            names.addAll(WeightFiles.write(temporary, layout, weights));
            for (String name : TOKENIZER_FILES) {
                Path source = tokenizerDir.resolve(name);
                if (name.equals(TOKENIZER) || Files.exists(source)) {
                    names.add(file(temporary, name, Files.readAllBytes(source)));
                }
            }
            SortedMap<String, Manifest.Entry> entries = new TreeMap<>();
            for (String name : names) {
                entries.put(name, Manifest.describe(temporary.resolve(name)));
            }
            file(temporary, Manifest.FILE, new Manifest(entries, new TreeMap<>(provenance)).toJson());
            force(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            Path parent = target.getParent();
            if (parent != null) {
                force(parent);
            }
        } catch (IOException | RuntimeException e) {
            remove(temporary, e);
            throw e;
        }
    }

    private static void checkWeights(ModelConfig config, SortedMap<String, ? extends TensorSource> weights) {
        SortedMap<String, long[]> expected = config.tensors();
        if (!expected.keySet().equals(weights.keySet())) {
            Set<String> difference = new HashSet<>(expected.keySet());
            difference.addAll(weights.keySet());
            difference.removeIf(name -> expected.containsKey(name) && weights.containsKey(name));
            throw new IllegalArgumentException(
                    "weights: expected those of the configuration, differs in " + difference);
        }
        weights.forEach((name, tensor) -> {
            if (!Arrays.equals(tensor.shape(), expected.get(name))) {
                throw new IllegalArgumentException("weights: expected \"%s\" of shape %s, got %s"
                        .formatted(name, Arrays.toString(expected.get(name)), Arrays.toString(tensor.shape())));
            }
        });
    }

    static String file(Path dir, String name, byte[] bytes) throws IOException {
        try (FileChannel channel =
                FileChannel.open(dir.resolve(name), StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        return name;
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void remove(Path directory, Exception because) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            because.addSuppressed(e);
        }
    }
}
