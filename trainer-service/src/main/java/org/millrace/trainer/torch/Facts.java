package org.millrace.trainer.torch;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.trainer.Comparison;
import org.millrace.trainer.Example;
import org.millrace.trainer.Plan;

/// What makes a run this run, by what a person calls it: its plan, what it starts from, its data, the
/// last two by their SHA-256. All ranks must have the same, and a state of anything else is not taken,
/// for a run that goes on with other data ends as no run would.
final class Facts {

    private final SortedMap<String, String> facts = new TreeMap<>();

    /// @param plan whose text is the same in every process
    Facts(Plan plan) {
        facts.put("plan", plan.toString());
    }

    Facts with(String name, ModelConfig shape) {
        facts.put(name, shape.toString());
        return this;
    }

    /// A model as its manifest tells it, which has the hash of every file.
    Facts with(String name, Checkpoint model) throws IOException {
        facts.put(
                name,
                MoreFiles.asByteSource(model.directory().resolve("manifest.json"))
                        .hash(Hashing.sha256())
                        .toString());
        return this;
    }

    /// Examples with their targets, in their order.
    Facts with(String name, List<Example> examples) {
        Hasher hasher = Hashing.sha256().newHasher();
        for (Example example : examples) {
            int[] tokens = example.tokens();
            ids(tokens, hasher);
            byte[] targets = new byte[tokens.length];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = (byte) (example.isTarget(i) ? 1 : 0);
            }
            hasher.putBytes(targets);
        }
        facts.put(name, hasher.hash().toString());
        return this;
    }

    Facts with(List<Comparison> comparisons, List<int[]> reference) {
        Hasher compared = Hashing.sha256().newHasher();
        for (Comparison comparison : comparisons) {
            ids(comparison.promptTokens(), compared);
            comparison.candidates().forEach(candidate -> ids(candidate, compared));
            comparison.ranking().forEach(rank -> ids(rank, compared));
        }
        facts.put("comparisons", compared.hash().toString());
        Hasher referred = Hashing.sha256().newHasher();
        reference.forEach(sequence -> ids(sequence, referred));
        facts.put("reference", referred.hash().toString());
        return this;
    }

    /// With their number, so that no other cut is the same.
    private static void ids(int[] ids, Hasher hasher) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (1 + ids.length));
        bytes.putInt(ids.length).asIntBuffer().put(ids);
        hasher.putBytes(bytes.array());
    }

    SortedMap<String, String> all() {
        return Collections.unmodifiableSortedMap(facts);
    }

    /// As a part of the run's state.
    TrainingState.Part sealed() {
        byte[] hash = Hashing.sha256().hashUnencodedChars(facts.toString()).asBytes();
        double[] numbers = new double[hash.length];
        Arrays.setAll(numbers, i -> hash[i]);
        return new TrainingState.Part() {
            @Override
            public void tell(TrainingState state) {
                state.require("identity", numbers);
            }

            @Override
            public void take(TrainingState state) {
                // it is this one, or the state was refused
            }
        };
    }
}
