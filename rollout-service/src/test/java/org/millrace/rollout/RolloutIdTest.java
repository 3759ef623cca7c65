package org.millrace.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutIdTest {

    @Test
    void isTheHashThatTheContractNames() {
        Prompt prompt = new Prompt(
                "p-1", "run", 7, Prompt.Use.TRAIN, List.of(), 1, new Sampling(0, 0, 0, 0, 0), "", "", "", "");

        // printf 'p-1/7/2' | sha256sum
        assertThat(RolloutId.of(prompt, 2))
                .isEqualTo("47e937dbb8565ab3d2fcec53538b4d978949549e6f5993489cd929a33235146e");
    }
}
