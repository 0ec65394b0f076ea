"""The emulated NB-IoT module (BC660K-GL)."""
