package org.millrace.cli.eval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.artifacts.ArtifactCorrupt;
import org.millrace.artifacts.ArtifactMissing;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.model.FolderModel;
import org.millrace.cli.model.kafka.ModelLog;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.Layout;
import org.millrace.cli.runtime.OwnServer;
import org.millrace.cli.runtime.SystemState;
import org.millrace.onnx.Precision;

/// Finds the models that are evaluated: by name in the system that is up, or in a folder. Folders get a server of
/// their own, all the same one.
final class ModelSources implements AutoCloseable {

    /// Answers that the server for folders draws at once: each reserves memory for a whole context.
    private static final String SLOTS = "8";

    /// Whose weights may be served in few bits.
    private static final String MODEL = "model";

    private final Home home;
    private final int context;
    private final Optional<Precision> weights;
    private final Path draft;
    private final Deque<Endpoints> opened = new ArrayDeque<>();
    private @Nullable OwnServer server;

    /// @param home of the system that is up
    /// @param context of models in folders, at most
    /// @param weights precision of the model whose role is "model", if that lies in a folder; empty: as is usual
    /// @param draft an empty folder
    ModelSources(Home home, int context, Optional<Precision> weights, Path draft) {
        this.home = home;
        this.context = context;
        this.weights = weights;
        this.draft = draft;
    }

    /// @param role what the model is here: "model", "against"
    /// @param nameOrFolder published name, or a folder
    ServedModel open(String role, String nameOrFolder) throws IOException, InterruptedException {
        try {
            Path folder = Path.of(nameOrFolder);
            if (!Files.isDirectory(folder)) {
                return ofSystem(role, nameOrFolder);
            }
            OwnServer running = server();
            FolderModel.lend(
                    folder,
                    role,
                    context,
                    running.draft(),
                    ArtifactStore.open(running.home().artifacts().toUri(), draft.resolve("cache-" + role)),
                    running.layout().bootstrapServers());
            String label = String.valueOf(folder.toAbsolutePath().normalize().getFileName());
            String bits = role.equals(MODEL)
                    ? weights.map(precision -> " in " + precision.label()).orElse("")
                    : "";
            return served(role, running.home(), running.layout(), label + bits, role);
        } catch (KafkaException e) {
            throw new Failure("Could not read the log: " + e.getMessage(), e);
        }
    }

    private OwnServer server() throws IOException, InterruptedException {
        OwnServer running = server;
        if (running == null) {
            Map<String, String> settings = new HashMap<>(Map.of("MILLRACE_INFERENCE_SLOTS", SLOTS));
            settings.put(
                    "MILLRACE_INFERENCE_WEIGHTS", // whatever the shell says for other servers
                    weights.map(precision -> MODEL + "=" + precision.label()).orElse(""));
            running = OwnServer.start(settings, line -> {});
            server = running;
        }
        return running;
    }

    private ServedModel ofSystem(String role, String name) throws IOException, InterruptedException {
        SystemState now = SystemState.read(home)
                .filter(found -> found.supervisor().handle().isPresent())
                .orElseThrow(() -> new Failure(
                        "--%s: expected a folder, or a model of a system that is up, got \"%s\"; nothing is up in %s."
                                .formatted(role, name, home.state())));
        return served(role, home, now.layout(), name, name);
    }

    private ServedModel served(String role, Home of, Layout layout, String label, String name)
            throws IOException, InterruptedException {
        SortedMap<String, Reference> files = new TreeMap<>(new ModelLog(layout.bootstrapServers())
                .newest(name)
                .orElseThrow(() -> new Failure(
                        "--%s: expected a folder or a published name, \"%s\" is neither.".formatted(role, name))));
        files.keySet().retainAll(FolderModel.TOKENIZER_FILES);
        Endpoints endpoints = new Endpoints(layout);
        opened.push(endpoints);
        try {
            Path dir = ArtifactStore.open(of.artifacts().toUri(), draft.resolve("store-" + role))
                    .materialise(files, draft.resolve("tokenizer-" + role));
            Tokenizer tokenizer = Tokenizer.read(dir.resolve("tokenizer.json"));
            return ServedModel.of(endpoints, label, name, tokenizer, ChatFormat.read(dir, tokenizer));
        } catch (ArtifactMissing | ArtifactCorrupt | IllegalArgumentException e) {
            throw new Failure("--%s: the tokenizer of %s: %s".formatted(role, label, e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        opened.forEach(Endpoints::close);
        if (server != null) {
            server.close();
        }
    }
}
