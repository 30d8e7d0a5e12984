"""One small class or function a target language, all from one device."""
