"""How GPAW is built here (named by GPAW_CONFIG): with FFTW, which plane waves need to be fast."""

mpi = True
compiler = "mpicc"
fftw = True
scalapack = False
libraries = ["xc", "fftw3", "openblas"]
