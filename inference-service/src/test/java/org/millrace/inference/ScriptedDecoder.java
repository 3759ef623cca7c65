package org.millrace.inference;

import java.nio.FloatBuffer;

/// A decoder that all but decides what is drawn: behind a prompt the tokens of a script, one at each place, however the
/// row came to be. Beside them is noise.
final class ScriptedDecoder implements Decoder {

    private final RememberingDecoder noise;
    private final int vocabulary;
    private final int prompt;
    private final int[] script;

    /// @param prompt tokens before the script begins
    /// @param script behind its end, the last token again
    ScriptedDecoder(int vocabulary, int count, int prompt, int... script) {
        this.noise = new RememberingDecoder(vocabulary, count);
        this.vocabulary = vocabulary;
        this.prompt = prompt;
        this.script = script;
    }

    @Override
    public FloatBuffer read(int first, int[][] prompts) {
        FloatBuffer logits = noise.read(first, prompts);
        for (int i = 0; i < prompts.length; i++) {
            lead(logits, i, noise.held(first + i).size());
        }
        return logits;
    }

    @Override
    public FloatBuffer step(int rows, int[] tokens, int[] before) {
        FloatBuffer logits = noise.step(rows, tokens, before);
        for (int row = 0; row < rows; row++) {
            lead(logits, row, noise.held(row).size());
        }
        return logits;
    }

    @Override
    public FloatBuffer extend(int row, int before, int[] tokens, int wanted) {
        FloatBuffer logits = noise.extend(row, before, tokens, wanted);
        for (int i = 0; i < wanted; i++) {
            lead(logits, i, before + tokens.length - wanted + i + 1);
        }
        return logits;
    }

    private void lead(FloatBuffer logits, int row, int held) {
        if (held >= prompt) {
            logits.put(row * vocabulary + script[Math.min(held - prompt, script.length - 1)], 50);
        }
    }

    @Override
    public void copy(int from, int to, int length) {
        noise.copy(from, to, length);
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        noise.swap(a, lengthOfA, b, lengthOfB);
    }

    @Override
    public void close() {
        noise.close();
    }
}
