package org.millrace.trainer.torch;

import java.util.SortedMap;

/// The only process of its run.
public record Alone() implements Ranks {

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public int world() {
        return 1;
    }

    @Override
    public double[] sum(double... numbers) {
        return numbers;
    }

    @Override
    public void shareFirst(TrainingState state) {
        // It is the first's.
    }

    @Override
    public void agree(SortedMap<String, String> facts) {
        // There is nobody to differ from.
    }

    @Override
    public Gradients gradients(Decoder decoder, int atOnce) {
        return new OwnGradients(decoder, atOnce);
    }

    @Override
    public void close() {
        // Nobody waits.
    }
}
