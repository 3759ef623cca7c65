package org.millrace.trainer.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.millrace.trainer.Packing;
import org.millrace.trainer.Row;

/// The likeliest answer, token by token, by whole forward passes: slow and plain, for tests.
final class Greedy {

    private static final int ROWS = 64;

    private Greedy() {}

    /// Answers without the stop token; one that does not stop has `limit` tokens.
    static List<List<Integer>> answers(Decoder decoder, List<int[]> prompts, int limit) {
        Integer[] order = new Integer[prompts.size()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingInt(i -> prompts.get(i).length));
        List<List<Integer>> answers = new ArrayList<>();
        prompts.forEach(prompt -> answers.add(new ArrayList<>()));
        for (int start = 0; start < order.length; start += ROWS) {
            Integer[] part = Arrays.copyOfRange(order, start, Math.min(order.length, start + ROWS));
            List<Integer> open = new ArrayList<>(Arrays.asList(part));
            for (int step = 0; step < limit && !open.isEmpty(); step++) {
                List<int[]> sequences = new ArrayList<>();
                for (int i : open) {
                    int[] prompt = prompts.get(i);
                    int[] sequence =
                            Arrays.copyOf(prompt, prompt.length + answers.get(i).size());
                    for (int t = 0; t < answers.get(i).size(); t++) {
                        sequence[prompt.length + t] = answers.get(i).get(t);
                    }
                    sequences.add(sequence);
                }
                int[] next = next(decoder, sequences);
                for (int k = open.size() - 1; k >= 0; k--) {
                    if (next[k] == decoder.config().eosId()) {
                        open.remove(k);
                    } else {
                        answers.get(open.get(k)).add(next[k]);
                    }
                }
            }
        }
        return answers;
    }

    private static int[] next(Decoder decoder, List<int[]> sequences) {
        int longest = sequences.stream().mapToInt(s -> s.length).max().orElseThrow();
        List<Row> rows = sequences.stream().map(s -> Packing.alone(s, longest)).toList();
        long[] last = new long[sequences.size()];
        for (int i = 0; i < last.length; i++) {
            last[i] = (long) i * longest + sequences.get(i).length - 1;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Batch batch = Batch.of(rows);
            Tensor hidden = decoder.hidden(batch.ids(), batch.mask()).flatten(0, 1);
            Tensor logits = decoder.logits(hidden.index_select(0, AbstractTensor.create(last, last.length)));
            Tensor best = logits.argmax(new LongOptional(1), false);
            int[] next = new int[last.length];
            long[] values = new long[last.length];
            best.contiguous().data_ptr_long().get(values);
            Arrays.setAll(next, i -> (int) values[i]);
            return next;
        }
    }
}
