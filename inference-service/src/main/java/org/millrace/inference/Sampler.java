package org.millrace.inference;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Draws a token from logits. Holds scratch memory only, so one sampler serves all rows of an engine; each
/// answer brings its own random numbers.
///
/// With z = logits / temperature, `log p(i) = zᵢ − log Σⱼ exp zⱼ` over the whole vocabulary.
///
/// - **Units:** nats. Of the logits as the model gave them: bias, penalties, min-p, top-k and top-p change what
///   is drawn, not the log-probability.
/// - **Error:** that of [Odds], and V·2⁻⁵² relative in the sum.
/// - **Cost:** V exponentials; with min-p, top-k or top-p a heap of V, and log V for each token looked at.
///
/// Whatever weighs logits throws [NotFinite] where they are none that can be weighed.
///
/// Min-p and top-k come first; top-p then counts shares of what they have left. Equal logits are ordered by id.
final class Sampler {

    /// A token, its log-probability in nats, and the likeliest tokens there.
    record Draw(int token, double logProb, List<Drawn.Likely> top) {}

    private final int vocabulary;
    private final int drawable;
    private final Odds odds;
    private final float[] own;
    private final long[] heap;
    private int heapSize;

    /// @param vocabulary V, logits of a row
    /// @param drawable ids below this may be drawn; those above are padding of the matrix and have no text
    Sampler(int vocabulary, int drawable) {
        this.vocabulary = vocabulary;
        this.drawable = drawable;
        this.odds = new Odds(vocabulary);
        this.own = new float[vocabulary];
        this.heap = new long[drawable];
    }

    /// @param logits (V); changed in place where the history has a say
    /// @param top how many of the likeliest tokens are wanted
    Draw draw(float[] logits, Sampling sampling, History history, int top, SplittableRandom random) {
        odds.weigh(logits, sampling.divisor());
        List<Drawn.Likely> likeliest = likeliest(logits, sampling.divisor(), top);
        if (history.isIndifferent()) {
            int token = token(logits, sampling, random);
            return new Draw(token, logits[token] / sampling.divisor() - odds.logSum(), likeliest);
        }
        double ownLogSum = odds.logSum();
        System.arraycopy(logits, 0, own, 0, vocabulary);
        history.change(logits);
        odds.weigh(logits, sampling.divisor());
        int token = token(logits, sampling, random);
        return new Draw(token, own[token] / sampling.divisor() - ownLogSum, likeliest);
    }

    /// A token that somebody else chose, as if it had been drawn.
    Draw given(float[] logits, int token, Sampling sampling, int top) {
        odds.weigh(logits, sampling.divisor());
        List<Drawn.Likely> likeliest = likeliest(logits, sampling.divisor(), top);
        return new Draw(token, logits[token] / sampling.divisor() - odds.logSum(), likeliest);
    }

    private List<Drawn.Likely> likeliest(float[] logits, double divisor, int top) {
        if (top == 0) {
            return List.of();
        }
        buildHeap(logits);
        List<Drawn.Likely> likeliest = new ArrayList<>();
        while (likeliest.size() < top && heapSize > 0) {
            int token = pop();
            likeliest.add(new Drawn.Likely(token, logits[token] / divisor - odds.logSum()));
        }
        return likeliest;
    }

    private int token(float[] logits, Sampling sampling, SplittableRandom random) {
        if (sampling.temperature() == 0) {
            return likeliest(logits);
        }
        if (sampling.topK() == 0 && sampling.topP() == 1 && sampling.minP() == 0) {
            double share = random.nextDouble();
            // Padding can be so much likelier that nothing else weighs anything.
            return odds.sumBelow(drawable) > 0 ? odds.at(share, drawable) : likeliest(logits);
        }
        return ofTheLikeliest(logits, sampling, random.nextDouble());
    }

    /// Log-probability of a given token, in nats.
    double logProb(float[] logits, int token, double temperature) {
        odds.weigh(logits, temperature);
        return logits[token] / temperature - odds.logSum();
    }

    /// How likely a given token is.
    ///
    /// @param top how many of the likeliest tokens are wanted beside it
    Scored score(float[] logits, int token, double temperature, int top) {
        double logProb = logProb(logits, token, temperature);
        int rank = 1;
        for (float logit : logits) {
            if (logit > logits[token]) {
                rank++;
            }
        }
        return new Scored(logProb, rank, likeliest(logits, temperature, top));
    }

    private int likeliest(float[] logits) {
        int best = 0;
        for (int i = 1; i < drawable; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private int ofTheLikeliest(float[] logits, Sampling sampling, double share) {
        buildHeap(logits);
        int most = sampling.topK() == 0 ? drawable : Math.min(sampling.topK(), drawable);
        // Taken tokens lie behind the heap, the likeliest at the very end.
        double mass = 0;
        int taken = 0;
        if (sampling.topK() > 0 || sampling.minP() > 0) {
            double least = sampling.minP() * odds.of(id(heap[0]));
            double all = 0;
            for (; taken < most && odds.of(id(heap[0])) >= least && isPossible(taken); taken++) {
                all += odds.of(pop());
            }
            int kept = 0;
            for (; kept < taken && (kept == 0 || mass < sampling.topP() * all); kept++) {
                mass += odds.of(id(heap[drawable - 1 - kept]));
            }
            taken = kept;
        } else {
            double all = odds.sumBelow(drawable);
            for (; taken < most && (taken == 0 || mass < sampling.topP() * all) && isPossible(taken); taken++) {
                mass += odds.of(pop());
            }
        }
        double left = share * mass;
        for (int i = 0; i < taken - 1; i++) {
            int token = id(heap[drawable - 1 - i]);
            left -= odds.of(token);
            if (left < 0) {
                return token;
            }
        }
        return id(heap[drawable - taken]);
    }

    /// Whether the next token of the heap can be drawn at all, if so many are taken: one always can.
    private boolean isPossible(int taken) {
        return taken == 0 || odds.of(id(heap[0])) > 0;
    }

    private void buildHeap(float[] logits) {
        for (int i = 0; i < drawable; i++) {
            int bits = Float.floatToIntBits(logits[i]);
            int ordered = bits ^ (bits >> 31 & 0x7fffffff); // as integers in the order of the floats
            heap[i] = (long) ordered << 32 | (0xffffffffL - i);
        }
        heapSize = drawable;
        for (int i = drawable / 2 - 1; i >= 0; i--) {
            sink(i);
        }
    }

    private int pop() {
        long top = heap[0];
        heapSize--;
        heap[0] = heap[heapSize];
        heap[heapSize] = top;
        sink(0);
        return id(top);
    }

    private void sink(int start) {
        final long[] heap = this.heap;
        int parent = start;
        long value = heap[parent];
        while (2 * parent + 1 < heapSize) {
            int child = 2 * parent + 1;
            if (child + 1 < heapSize && heap[child + 1] > heap[child]) {
                child++;
            }
            if (heap[child] <= value) {
                break;
            }
            heap[parent] = heap[child];
            parent = child;
        }
        heap[parent] = value;
    }

    private static int id(long entry) {
        return (int) (0xffffffffL - (entry & 0xffffffffL));
    }
}
