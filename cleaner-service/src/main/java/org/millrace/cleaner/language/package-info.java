/// What is known of languages: which one a text is in, its words, its sentences. Start at [Languages].
@NullMarked
package org.millrace.cleaner.language;

import org.jspecify.annotations.NullMarked;
