/// Serves policies: draws tokens for users and rollout workers. Start at [Engine], which owns one version of a
/// model and draws for many requests at once; [Models] keeps the version of each model that was published last, and
/// swaps.
@NullMarked
package org.millrace.inference;

import org.jspecify.annotations.NullMarked;
