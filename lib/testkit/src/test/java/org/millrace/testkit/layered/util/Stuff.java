package org.millrace.testkit.layered.util;

final class Stuff {}
