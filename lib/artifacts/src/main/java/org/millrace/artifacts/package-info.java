/// Immutable bytes, named by their hash, in a local folder or in S3. Start at [ArtifactStore].
@NullMarked
package org.millrace.artifacts;

import org.jspecify.annotations.NullMarked;
