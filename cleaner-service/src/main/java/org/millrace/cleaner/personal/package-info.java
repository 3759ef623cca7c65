/// Finds and masks what names or reaches a person. Start at [PersonalData].
@NullMarked
package org.millrace.cleaner.personal;

import org.jspecify.annotations.NullMarked;
