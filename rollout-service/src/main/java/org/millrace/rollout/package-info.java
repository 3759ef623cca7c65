/// Answers prompts: asks the policy for samples, the reward service for scores, and hands both on.
/// Start at [Worker]; what it may say is in [Outcome]. Kafka and gRPC live in the packages below.
@NullMarked
package org.millrace.rollout;

import org.jspecify.annotations.NullMarked;
