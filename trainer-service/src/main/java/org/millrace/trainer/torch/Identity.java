package org.millrace.trainer.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.trainer.Comparison;
import org.millrace.trainer.Example;
import org.millrace.trainer.Plan;

/// What a run is made of, as a hash: plan, weights it starts from, data. A state of anything else is
/// not taken, for a run that goes on with other data ends as no run would.
final class Identity {

    private final MessageDigest digest;

    /// @param plan whose text is the same in every process
    Identity(Plan plan) {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        text(plan.toString());
    }

    /// A model as its manifest tells it, which has the hash of every file.
    Identity with(Checkpoint model) throws IOException {
        text("model");
        bytes(Files.readAllBytes(model.directory().resolve("manifest.json")));
        return this;
    }

    Identity with(String kind, List<Example> examples) {
        text(kind);
        for (Example example : examples) {
            ids(example.tokens());
            boolean[] targets = new boolean[example.tokens().length];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = example.isTarget(i);
            }
            flags(targets);
        }
        return this;
    }

    Identity with(List<Comparison> comparisons, List<int[]> reference) {
        text("comparisons");
        for (Comparison comparison : comparisons) {
            ids(comparison.promptTokens());
            comparison.candidates().forEach(this::ids);
            comparison.ranking().forEach(this::ids);
        }
        text("reference");
        reference.forEach(this::ids);
        return this;
    }

    private void text(String text) {
        bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private void ids(int[] ids) {
        ByteBuffer bytes = ByteBuffer.allocate(ids.length * Integer.BYTES);
        IntBuffer view = bytes.asIntBuffer();
        view.put(ids);
        bytes(bytes.array());
    }

    private void flags(boolean[] flags) {
        byte[] bytes = new byte[flags.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (flags[i] ? 1 : 0);
        }
        bytes(bytes);
    }

    /// With their length, so that no other cut is the same.
    private void bytes(byte[] bytes) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    /// As a part of the run's state.
    TrainingState.Part sealed() {
        byte[] hash = digest.digest();
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
