package org.millrace.cli.model;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.checkpoint.CheckpointCorrupt;
import org.millrace.cli.Failure;
import org.millrace.cli.model.kafka.ModelLog;

/// Publishes a model that lies in a folder, as Hugging Face has it.
public final class FolderModel {

    /// Of a checkpoint: what belongs to its tokenizer.
    public static final Set<String> TOKENIZER_FILES =
            Set.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja");

    private FolderModel() {}

    /// What it is to be here.
    ///
    /// @param tokenizer name of its tokenizer, if that is new
    /// @param context tokens to look back on, at most
    /// @param taught whether a model without a chat template gets our tokens of conversations
    record As(String name, String tokenizer, int context, boolean taught) {}

    record Published(OpenWeights.Imported made, ModelLog.Said said) {}

    /// Publishes it without a change to what it computes or how it writes, for those who only ask it.
    ///
    /// @param draft an empty folder for what is made on the way
    /// @throws Failure if it is no model that can be served
    public static void lend(Path folder, String name, int context, Path draft, ArtifactStore store, String bootstrap)
            throws IOException {
        publish(folder, new As(name, name, context, false), draft, store, bootstrap);
    }

    static Published publish(Path folder, As as, Path draft, ArtifactStore store, String bootstrap) throws IOException {
        try {
            OpenWeights.Imported made = OpenWeights.prepare(folder, draft, as.context(), as.taught());
            SortedMap<String, Reference> files = store.putDirectory(made.checkpoint());
            SortedMap<String, Reference> tokenizerFiles = new TreeMap<>(files);
            tokenizerFiles.keySet().retainAll(TOKENIZER_FILES);
            ModelLog.Said said = new ModelLog(bootstrap)
                    .publish(
                            as.name(),
                            files,
                            as.tokenizer(),
                            tokenizerFiles,
                            made.tokens(),
                            Clock.systemUTC().millis());
            return new Published(made, said);
        } catch (OpenWeights.Refused | CheckpointCorrupt e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
    }
}
