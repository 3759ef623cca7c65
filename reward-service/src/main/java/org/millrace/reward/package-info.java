/// Scores answers: by a reward model, and by a verifier where the right answer is known. Start at
/// [RewardModels], which holds what is served; [RewardModel] is one of them.
@NullMarked
package org.millrace.reward;

import org.jspecify.annotations.NullMarked;
